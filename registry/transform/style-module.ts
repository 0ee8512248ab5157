import type { Path } from '../../schema/index.js';
import { moduleClasses } from './css-modules.js';
import { relativeSpecifier } from './resolve-source.js';
import type { Mode } from './transform.js';

/** Comments, strings, `url(…)` and the string of an `@import`. */
const PARTS =
  /\/\*[^]*?\*\/|(@import\s+)?("(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*')|\burl\(\s*("(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*'|[^"'()\s]+)\s*\)/gi;

/** Whether a URL of a style sheet means another place below another base. */
const isRelative = (url: string): boolean => url !== '' && !/^(?:[a-z][\w+.-]*:|\/|#)/i.test(url);

/**
 * A module that adds a style sheet to the document, and replaces its text when the file is saved. The element
 * stays, so the order of the sheets does.
 */
export async function styleModule(path: Path, file: Path, css: string, mode: Mode): Promise<string> {
  const { text, classes } = file.endsWith('.module.css')
    ? await moduleClasses(file, css)
    : { text: css, classes: null };
  const lines = [
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
  for (const found of css.matchAll(PARTS)) {
    const [whole, rule, string, url] = found;
    const quoted = url ?? (rule === undefined ? undefined : string);
    if (quoted === undefined) continue;
    const isQuoted = /^['"]/.test(quoted);
    const address = isQuoted ? quoted.slice(1, -1) : quoted;
    if (!isRelative(address)) continue;
    const start = found.index + whole.indexOf(quoted);
    parts.push(
      literal(`${css.slice(last, start)}"`),
      `place(${literal(placeOf(address, path, file))})`,
      literal('"'),
    );
    last = start + quoted.length;
  }
  parts.push(literal(css.slice(last)));
  return parts.filter((part) => part !== '""').join(' + ') || '""';
}

/** A URL relative to the file, for the module that lies beside it. */
const placeOf = (url: string, path: Path, file: Path): string => {
  const folder = relativeSpecifier(path, file).replace(/[^/]*$/, '');
  return folder + url.replace(/^\.\//, '').replace(/\\(.)/g, '$1');
};
