import { withoutDeploy } from '../../importmap/deploy-url.js';
import { importModule } from '../linking/import-module.js';
import type { ModuleContext } from '../linking/runtime.js';

/** `__modcast__` in a worklet, which has no `location`, no dynamic imports, and in some engines no `URL`. */
export function workletRuntime(given: string): ModuleContext {
  const url = withoutDeploy(given);
  // The browser's own error.
  const importNatively: ModuleContext['import'] = (specifier, options) =>
    importModule(specifier as string, options);
  return {
    import: importNatively,
    meta(meta) {
      meta.url = url;
      return meta;
    },
    own: (meta) => meta,
    inline: () => importNatively,
    written: String,
  };
}
