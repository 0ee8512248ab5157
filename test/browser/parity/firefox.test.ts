import { firefox } from '../engines/firefox.js';
import { FIREFOX } from './differences/firefox.js';
import { parityIn } from './parity-suite.js';

parityIn(firefox, FIREFOX);
