import { correctError, isStackPrepared, type NaturalText } from '../page/correct-error.js';

const OWN = /\/-\/(?:(?:fused-)?loader|hot)\.js/;
const OWN_FRAME = /(?:^\s+at |@).*\/-\/(?:(?:fused-)?loader|hot)\.js/;
const FRAME = /^(?:.*@)?(\S+):(\d+):(\d+)$/m;

/**
 * Corrects an error of an `import()` that the loader has called for a script. The loader's frames are left
 * out. If they were the first, the error's place is that of the next one, or of the script, as natively.
 *
 * @param importer URL of the script
 */
export function correctImportError(error: unknown, natural: NaturalText, importer: string): void {
  if (error instanceof Error && !isStackPrepared()) {
    const texts = error as unknown as Record<string, unknown>;
    const all = String(error.stack).split('\n');
    const stack = all.filter((line) => !OWN_FRAME.test(line)).join('\n');
    // Gecko counts columns from 1.
    const [, file = importer, line = 0, column = 1] = FRAME.exec(stack) ?? [];
    const correct = (values: Record<string, unknown>) => {
      // The page may have frozen it.
      for (const name of Object.keys(values)) Reflect.set(error, name, values[name]);
    };
    if (all.some((frame) => OWN_FRAME.test(frame))) correct({ stack });
    if (OWN.test(String(texts['fileName'])))
      correct({ fileName: file, lineNumber: +line, columnNumber: +column });
    if (OWN.test(String(texts['sourceURL']))) correct({ sourceURL: file, line: +line, column: +column });
  }
  correctError(error, natural);
}
