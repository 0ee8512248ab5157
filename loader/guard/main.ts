import { saveNatives } from '../page/natives.js';
import { Guard } from './guard.js';
import { missingFeature } from './missing-feature.js';
import { stepAside } from './step-aside.js';

const script = document.currentScript as HTMLScriptElement;
const { guard, timeout, holds } = script.dataset;
const loader = new URL(guard!, location.href).href;
const missing = missingFeature();
if (missing !== undefined) {
  stepAside(loader);
  // The build's wrapper tells the console.
  throw new Error(`the browser has no ${missing}`);
}
saveNatives(script.text);
Object.defineProperty(globalThis, '__modcast_guard__', {
  configurable: true,
  writable: true,
  value: new Guard({
    nonce: script.nonce,
    timeout: Number(timeout) || 0,
    loader,
    holds: holds !== undefined,
  }),
});
