import { chromium } from '../engines/chromium.js';
import { CHROMIUM } from './differences/chromium.js';
import { parityIn } from './parity-suite.js';

parityIn(chromium, CHROMIUM);
