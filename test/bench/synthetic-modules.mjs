import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

const A_DIRECTORY = 100;
const WORDS = (
  'buffer camera channel colour cursor delta disk edge entity event field filter frame grid group handle image index ' +
  'input layer level light limit line list mask matrix mesh node offset packet path phase pixel plane point queue range ' +
  'ratio record region scale scene shader signal size slot source span stage state step stream surface table target ' +
  'texture tick token track vector vertex view wave weight window'
).split(' ');

/** Mulberry32: the same modules on every machine and every run. @param {number} seed */
function randomSource(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** @param {number} index */
const pathOf = (index) => `modules/${Math.floor(index / A_DIRECTORY)}/part-${index}.mjs`;

/** @param {number} from @param {number} to */
function specifier(from, to) {
  const relative = path.posix.relative(path.posix.dirname(pathOf(from)), pathOf(to));
  return relative.startsWith('.') ? relative : `./${relative}`;
}

/**
 * One module: comments, imports of its neighbours, and exported functions, until it is `size` bytes long.
 *
 * @param {number} index
 * @param {number} count of all modules
 * @param {number} size in bytes; all of it is ASCII
 */
function moduleText(index, count, size) {
  const random = randomSource(index + 1);
  const pick = (/** @type {number} */ below) => Math.floor(random() * below);
  const word = () => /** @type {string} */ (WORDS[pick(WORDS.length)]);
  const phrase = (/** @type {number} */ length) => Array.from({ length }, word).join(' ');

  const neighbours = new Set(Array.from({ length: 2 + pick(5) }, () => (index + 1 + pick(200)) % count));
  let text = `/**\n * Part ${index}: ${phrase(12)}.\n * ${phrase(14)}.\n */\n`;
  for (const neighbour of neighbours) {
    text += `import * as ${word()}${neighbour} from '${specifier(index, neighbour)}';\n`;
  }
  if (random() < 0.25) text += `\nexport const assets = new URL('./assets/', import.meta.url);\n`;
  if (random() < 0.1)
    text += `\nexport const later = () => import('${specifier(index, (index + 1) % count)}');\n`;
  for (let each = 0; text.length < size; each++) {
    const [first, second] = [word(), `${word()}Of`];
    text += `
/** ${phrase(9)}. */
export function ${word()}${each}(${first}, ${second} = ${pick(1000)}) {
  // ${phrase(11)}
  const ${word()}Value = ${first} * ${random().toFixed(6)} + ${second};
  if (${second} > ${pick(500)}) return { ${word()}: ${first}, label: '${phrase(3)}' };
  return ${second} > ${pick(100)} ? \`\${${first}} ${phrase(2)}\` : /${word()}[^/]+$/u;
}
`;
  }
  return `${text.slice(0, text.lastIndexOf('\n}\n') + 3)}// ${phrase(2)}\n`;
}

/**
 * @param {string} directory is created
 * @param {{ count: number, size: number }} options approximate size in bytes
 */
export async function makeModules(directory, { count, size }) {
  for (let start = 0; start < count; start += A_DIRECTORY) {
    const indices = Array.from(
      { length: Math.min(A_DIRECTORY, count - start) },
      (_, offset) => start + offset,
    );
    await mkdir(path.join(directory, path.dirname(pathOf(start))), { recursive: true });
    await Promise.all(
      indices.map((index) => writeFile(path.join(directory, pathOf(index)), moduleText(index, count, size))),
    );
  }
}
