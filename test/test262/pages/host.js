/**
 * What test262 expects of its host, and what the runner wants to know of a test. The first script of each
 * page. The test may change every global afterwards.
 */
(() => {
  const { parent, document, String: text } = globalThis;
  const isAsync = document.currentScript.hasAttribute('data-async');

  /** The shape of `Seen` in verdict.ts. */
  const seen = { printed: null, errors: [], imported: null };
  let hasEnded = false;
  const end = () => {
    // Bound, it would come from the parent in WebKit.
    if (!hasEnded) parent.postMessage({ test262: seen }, '*');
    hasEnded = true;
  };

  const describe = (thrown) =>
    typeof thrown === 'object' && thrown !== null
      ? { name: text(thrown.constructor?.name), message: text(thrown.message) }
      : { name: typeof thrown, message: text(thrown) };

  addEventListener(
    'error',
    ({ target, error, message }) => {
      if (target !== globalThis) {
        seen.errors.push({ name: 'missing file', message: target.src ?? target.localName });
      } else {
        seen.errors.push(error ? describe(error) : { name: 'unknown', message });
      }
      if (isAsync) end();
    },
    true,
  );

  const define = (name, value) =>
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });

  define('print', (message) => {
    seen.printed ??= text(message);
    if (isAsync) end();
  });

  // Only what the tests of modules use.
  const sourceModule = Object.getPrototypeOf(globalThis.WebAssembly?.Module ?? Function);
  define('$262', {
    global: globalThis,
    AbstractModuleSource: sourceModule === Function.prototype ? undefined : sourceModule,
  });

  define(Symbol.for('test262'), {
    /** The script of the test has run, or failed. */
    ran() {
      if (!isAsync || seen.errors.length > 0) end();
    },
    /** The module of the test has ended. */
    imported(failure) {
      seen.imported = failure === undefined ? 'fulfilled' : describe(failure.error);
      if (!isAsync || failure !== undefined) end();
    },
  });
})();
