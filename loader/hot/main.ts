import { createHot } from './hot.js';

globalThis.__modcast_hot__ = createHot;
