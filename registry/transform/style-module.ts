import type { Path } from '../../schema/index.js';
import { moduleClasses } from './css-modules.js';
import { relativeSpecifier } from './resolve-source.js';
import { styleUrls } from './style-urls.js';
import type { Mode, VirtualModule } from './transform.js';

export type ImportOf = (address: string) => string | undefined;

export interface StyleModuleOptions {
  readonly mode: Mode;
  /**
   * The specifier of the module for a style sheet that an `@import` without conditions names. Undefined where
   * the browser loads it. Default: it loads all.
   */
  readonly importOf?: ImportOf;
}

/**
 * A module that adds a style sheet to the document, and replaces its text when the file is saved. The element
 * stays, so the order of the sheets does.
 */
export async function styleModule(
  { path, file }: Pick<VirtualModule, 'path' | 'file'>,
  css: string,
  { mode, importOf = () => undefined }: StyleModuleOptions,
): Promise<string> {
  const sheet = withoutImports(css, importOf);
  const { text, classes } = file.endsWith('.module.css')
    ? await moduleClasses(file, sheet.text)
    : { text: sheet.text, classes: null };
  const lines = [
    ...sheet.imports.map((specifier) => `import ${JSON.stringify(specifier)};`),
    `const place = (url) => new URL(url, import.meta.url).href;`,
    `const text = ${textWithUrls(text, path, file)};`,
    `const style = import.meta.hot?.data.style ?? document.createElement("style");`,
    `style.textContent = text;`,
    `if (!style.isConnected) {`,
    `  style.nonce = document.querySelector("script[nonce], style[nonce]")?.nonce ?? "";`,
    `  style.dataset.modcastFile = ${JSON.stringify(file)};`,
    `  document.head.append(style);`,
    `}`,
  ];
  if (mode === 'development') {
    lines.push(
      `if (import.meta.hot) {`,
      `  import.meta.hot.data.style = style;`,
      ...(classes === null ? [`  import.meta.hot.accept();`] : []),
      `  import.meta.hot.prune(() => style.remove());`,
      `}`,
    );
  }
  lines.push(...(classes === null ? [`export default text;`] : classExports(classes)));
  return `${lines.join('\n')}\n`;
}

/**
 * The style sheets that a sheet imports without conditions become imports of its module: they are in the
 * document before it, and before the code that imports it runs.
 */
function withoutImports(css: string, importOf: ImportOf): { text: string; imports: string[] } {
  const imports: string[] = [];
  let text = '';
  let last = 0;
  for (const { address, rule } of styleUrls(css)) {
    const specifier = rule === undefined ? undefined : importOf(address);
    if (rule === undefined || specifier === undefined) continue;
    imports.push(specifier);
    text += css.slice(last, rule.start);
    last = rule.end;
  }
  return { text: text + css.slice(last), imports };
}

const classExports = (classes: Readonly<Record<string, string>>): string[] => [
  `const classes = ${JSON.stringify(classes)};`,
  ...Object.keys(classes)
    .filter((name) => /^[A-Za-z_$][\w$]*$/.test(name))
    .map(
      (name, at) =>
        `const class${at} = classes[${JSON.stringify(name)}]; export { class${at} as ${JSON.stringify(name)} };`,
    ),
  `export default classes;`,
];

/** The text as an expression: URLs in it are relative to the file, and the element is in a page. */
function textWithUrls(css: string, path: Path, file: Path): string {
  const parts: string[] = [];
  let last = 0;
  const literal = (text: string) => JSON.stringify(text);
  for (const { address, start, end } of styleUrls(css)) {
    parts.push(
      literal(`${css.slice(last, start)}"`),
      `place(${literal(placeOf(address, path, file))})`,
      literal('"'),
    );
    last = end;
  }
  parts.push(literal(css.slice(last)));
  return parts.filter((part) => part !== '""').join(' + ') || '""';
}

/** A URL relative to the file, for the module that lies beside it. */
const placeOf = (url: string, path: Path, file: Path): string => {
  const folder = relativeSpecifier(path, file).replace(/[^/]*$/, '');
  return folder + url.replace(/^\.\//, '');
};
