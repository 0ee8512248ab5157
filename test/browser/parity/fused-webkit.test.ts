import { webkit } from '../engines/webkit.js';
import { FUSED_WEBKIT } from './differences/fused.js';
import { fusedParityIn } from './parity-suite.js';

fusedParityIn(webkit, FUSED_WEBKIT);
