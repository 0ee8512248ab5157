import path from 'node:path';
import { openMemoryStore } from '../../registry/store/memory.js';
import { openSqliteStore } from '../../registry/store/sqlite.js';
import { storeContract } from './store.js';

storeContract('memory store', openMemoryStore);
storeContract('SQLite store', (directory) => openSqliteStore(path.join(directory, 'modcast.db')));
