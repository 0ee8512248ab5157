import { webkit } from '../engines/webkit.js';
import { WEBKIT } from './differences/webkit.js';
import { parityIn } from './parity-suite.js';

parityIn(webkit, WEBKIT);
