import type { Path } from '../../schema/index.js';
import { withGlobalFunctions } from './global-selectors.js';

interface Export {
  readonly name: string;
  readonly composes: readonly { readonly type: string; readonly name: string }[];
}

/** What is used of the package. */
interface LightningCss {
  transform(options: {
    readonly filename: string;
    readonly code: Uint8Array;
    readonly cssModules: { readonly pattern: string };
  }): { readonly code: Uint8Array; readonly exports: Readonly<Record<string, Export>> };
}

/** The rules of a CSS module, and its classes by the names that it gives them. */
export async function moduleClasses(
  file: Path,
  css: string,
): Promise<{ text: string; classes: Readonly<Record<string, string>> }> {
  const name = 'lightningcss';
  const lightning = (await import(name).catch(() => null)) as LightningCss | null;
  if (lightning === null) {
    throw new Error(`${file} is a CSS module, which needs a package: npm install -D lightningcss`);
  }
  const { code, exports } = lightning.transform({
    filename: file,
    code: Buffer.from(withGlobalFunctions(css)),
    cssModules: { pattern: '[name]_[local]_[hash]' },
  });
  const classes = Object.fromEntries(
    Object.entries(exports).map(([key, { name: own, composes }]) => {
      const composed = composes.map((each) => (each.type === 'local' ? each.name : each.name));
      return [key, [own, ...composed].join(' ')];
    }),
  );
  return { text: new TextDecoder().decode(code), classes };
}
