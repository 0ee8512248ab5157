import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Registers components of a module, and renders them again when new versions have run. */
const REACT = `import runtime from 'react-refresh/runtime';
// Before React DOM runs: it looks for this once.
runtime.injectIntoGlobalHook(globalThis);
let waiting = false;
const refreshSoon = () => {
  if (waiting) return;
  waiting = true;
  setTimeout(() => {
    waiting = false;
    runtime.performReactRefresh();
  });
};
export const begin = (path) => [
  (type, name) => runtime.register(type, path + ' ' + name),
  runtime.createSignatureFunctionForTransform,
];
export const accept = (hot, names) => hot?.accept((next) => {
  if (!next) return;
  const found = Object.keys(next).sort();
  const other = found.find((name) => !runtime.isLikelyComponentType(next[name]));
  if (other !== undefined) return hot.invalidate('its export ' + other + ' is no component');
  if (found.join() !== names.join()) return hot.invalidate('its exports have changed');
  refreshSoon();
});
`;

const PREACT = `import '@prefresh/core';
import { flush } from '@prefresh/utils';
const signature = () => {
  let status = 'begin';
  let first;
  return (type, key, forceReset, getCustomHooks) => {
    first ??= type;
    status = self.__PREFRESH__.sign(type || first, key, forceReset, getCustomHooks, status);
    return type;
  };
};
export const begin = (path) => [
  (type, name) => self.__PREFRESH__.register(type, path + ' ' + name),
  signature,
];
export const accept = (hot, names) => hot?.accept((next) => {
  if (!next) return;
  const found = Object.keys(next).sort();
  const other = found.find((name) => typeof next[name] !== 'function' || !/^(?:default$|[A-Z])/.test(name));
  if (other !== undefined) return hot.invalidate('its export ' + other + ' is no component');
  if (found.join() !== names.join()) return hot.invalidate('its exports have changed');
  flush();
});
`;

const ENTRY = 'modcast-refresh';
const HERE = path.dirname(fileURLToPath(import.meta.url));

/** A module that keeps the state of components, in one file. Preact is that of the site. */
async function bundle(source: string): Promise<string> {
  const { rolldown } = await import('rolldown');
  const made = await rolldown({
    input: ENTRY,
    cwd: HERE,
    platform: 'browser',
    external: /^preact(?:\/|$)/,
    logLevel: 'silent',
    transform: { define: { 'process.env.NODE_ENV': '"development"' } },
    plugins: [
      {
        name: ENTRY,
        // As if it were a file here, so that packages are found beside this one.
        resolveId: (id) => (id === ENTRY ? `${HERE}/${ENTRY}.js` : null),
        load: (id) => (id.endsWith(`${ENTRY}.js`) ? source : null),
      },
    ],
  });
  try {
    const { output } = await made.generate({ format: 'esm', codeSplitting: false });
    return output[0].code;
  } finally {
    await made.close();
  }
}

const made = new Map<string, Promise<string>>();

/** @param framework whose components it is for */
export function refreshRuntime(framework: 'react' | 'preact'): Promise<string> {
  let code = made.get(framework);
  if (code === undefined) {
    code = bundle(framework === 'react' ? REACT : PREACT);
    made.set(framework, code);
  }
  return code;
}
