import { firefox } from '../engines/firefox.js';
import { FUSED_FIREFOX } from './differences/fused.js';
import { fusedParityIn } from './parity-suite.js';

fusedParityIn(firefox, FUSED_FIREFOX);
