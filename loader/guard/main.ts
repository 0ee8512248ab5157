import { saveNatives } from '../page/natives.js';
import { Guard } from './guard.js';
import { missingFeature } from './missing-feature.js';
import { stepAside } from './step-aside.js';

/** Names of what the loader uses of the browser. The build knows them. */
declare const KEPT: string;

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
const kept = KEPT.split(',').map((name) => {
  try {
    return name.split('.').reduce((owner, key) => (owner as Record<string, unknown>)[key], window as unknown);
  } catch {
    // The browser forbids it to this page.
    return undefined;
  }
});
Object.defineProperty(globalThis, '__modcast_guard__', {
  configurable: true,
  writable: true,
  value: new Guard({
    nonce: script.nonce,
    timeout: Number(timeout) || 0,
    loader,
    holds: holds !== undefined,
    kept,
  }),
});
