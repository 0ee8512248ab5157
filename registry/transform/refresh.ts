import { parse } from 'es-module-lexer';
import MagicString from 'magic-string';
import { isTypeScript } from './kinds.js';
import { RUNTIME } from './imported-files.js';
import { relativeSpecifier } from './resolve-source.js';
import type { Transform } from './transform.js';

/** What React looks for once, when it runs. */
const RENDERER = /\bfrom\s*["'](?:react-dom(?:\/client)?|preact)["']/;

/**
 * Keeps the state of React's and Preact's components when a module that exports only components is saved.
 * It takes what `jsx.refresh` of the TypeScript transform has prepared.
 */
export const refresh: Transform = {
  name: 'refresh',
  version: '1',
  filter: isTypeScript,
  transform(source, path, { mode, recipe }) {
    if (mode !== 'development' || recipe.refresh === null) return null;
    const hasComponents = source.includes('$RefreshReg$(');
    if (!hasComponents && !source.includes('$RefreshSig$(') && !RENDERER.test(source)) return null;
    const text = new MagicString(source);
    const file = `${RUNTIME}refresh-${recipe.refresh}.js`;
    const from = JSON.stringify(relativeSpecifier(path, file));
    text.prepend(
      `import * as __refresh from ${from}; const [$RefreshReg$, $RefreshSig$] = __refresh.begin(${JSON.stringify(path)}); `,
    );
    const names = parse(source)[1].flatMap((item) => (item.type === 'reexport-all' ? ['*'] : [item.name]));
    // A module that also exports something else is replaced with its importers.
    const isBoundary =
      hasComponents && names.length > 0 && names.every((name) => /^(?:[A-Z]|default$)/.test(name));
    const isOwn = source.includes('import.meta.hot');
    if (isBoundary && !isOwn) {
      text.append(`\n__refresh.accept(import.meta.hot, ${JSON.stringify(names.toSorted())});\n`);
    }
    return {
      code: text.toString(),
      map: text.generateMap({ source: path, hires: 'boundary' }).toString(),
      virtual: [{ path: file, kind: 'runtime', file }],
    };
  },
};
