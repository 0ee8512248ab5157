export type { RegistryEvents } from './events.js';
export type { RegistryOptions } from './options.js';
export type { HeadOptions } from './http/pages/head-options.js';
export type { RenderedPage } from './http/pages/rendered-page.js';
export type { IngestResult } from './ingest/ingest.js';
export type { ReadProgress } from './ingest/read-modules.js';
export type { BootReport } from './socket/session-events.js';
export type { Deploy, Store, Token } from './store/store.js';
export {
  TransformError,
  type Dependency,
  type Mode,
  type SiteFiles,
  type Transform,
  type TransformOptions,
  type TransformResult,
} from './transform/index.js';
export { isNavigation } from './http/request/navigation.js';
export { UNCHANGED, type UnchangedCode } from './pages/unchanged-page.js';
export { injectPage } from './pages/inject-page.js';
export { readGuard } from './pages/read-loader.js';
export { readPage } from './pages/read-page.js';
export { openMemoryStore } from './store/memory.js';
export { openSqliteStore } from './store/sqlite.js';
export { ModcastError, type Diagnostic } from '../schema/index.js';
export { createRegistry, type Registry } from './registry.js';
