import { saveNatives } from '../page/natives.js';
import { Guard } from './guard.js';

const script = document.currentScript as HTMLScriptElement;
const { guard = '', timeout, holds } = script.dataset;
saveNatives();
Object.defineProperty(globalThis, '__modcast_guard__', {
  configurable: true,
  writable: true,
  value: new Guard({
    nonce: script.nonce,
    timeout: Number(timeout) || 0,
    loader: new URL(guard, location.href).href,
    holds: holds !== undefined,
  }),
});
// The page should find only the scripts that its author wrote.
script.remove();
