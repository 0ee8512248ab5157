import { chromium } from '../engines/chromium.js';
import { FUSED_CHROMIUM } from './differences/fused.js';
import { fusedParityIn } from './parity-suite.js';

fusedParityIn(chromium, FUSED_CHROMIUM);
