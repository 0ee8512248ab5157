import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../../schema/index.js';

const ROOT = new URL('../../', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, ROOT), 'utf8');

const DOCS = readdirSync(new URL('docs/', ROOT)).filter((file) => file.endsWith('.md'));
const FILES = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'examples/README.md',
  'examples/orrery/README.md',
  'examples/rendered/README.md',
  ...DOCS.map((file) => `docs/${file}`),
];
const ROOMS = 'schema|importmap|loader|registry|cli|test';

/** What is written in code spans and in links, without fenced blocks. */
const prose = (file: string) => read(file).replaceAll(/^```.*?^```/gms, '');

/** The anchors of a Markdown file, as GitHub makes them of its headings. */
const anchors = (file: string) =>
  [...prose(file).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

it('documents every error code with its meaning, and no other', () => {
  const documented = [...read('docs/errors.md').matchAll(/^\| `([\w-]+)` +\| (.*?) +\|$/gm)].map(
    ([, code, text]) => [code, text],
  );
  expect(documented).toEqual(Object.entries(ERROR_CODES).map(([code, meaning]) => [code, meaning]));
});

describe.each(FILES)('%s', (file) => {
  const links = [...prose(file).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target!)
    .filter((target) => !/^[a-z]+:/.test(target));

  it('links to files and headings that exist', () => {
    const broken = links.filter((target) => {
      const [path, anchor] = target.split('#') as [string, string?];
      const url = path === '' ? new URL(file, ROOT) : new URL(path, new URL(file, ROOT));
      if (!existsSync(url)) return true;
      return anchor !== undefined && !anchors(url.pathname.slice(ROOT.pathname.length)).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it('names npm scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [...read(file).matchAll(/\bnpm (?:run ([\w:-]+)|(test|start)\b)/g)].map(
      ([, script, short]) => script ?? short!,
    );
    expect(named.filter((script) => !(script in scripts))).toEqual([]);
  });
});

it.each(FILES.filter((file) => !/^(CONTRIBUTING|docs\/cli)/.test(file)))(
  '%s names flags that exist',
  (file) => {
    const flags = (text: string) => new Set(text.match(/(?<![\w-])--[a-z][a-z-]*/g));
    const known = flags(read('docs/cli.md'));
    expect([...flags(read(file))].filter((flag) => !known.has(flag))).toEqual([]);
  },
);

it.each(['docs/architecture.md', 'CONTRIBUTING.md'])(
  '%s names paths of the repository that exist',
  (file) => {
    const named = [...prose(file).matchAll(new RegExp(`\`((?:${ROOMS})/[\\w./-]*)\``, 'g'))].map(
      ([, path]) => path!,
    );
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((path) => !existsSync(new URL(path, ROOT)))).toEqual([]);
  },
);

it('docs/architecture.md describes every folder of the loader and the registry', () => {
  const text = read('docs/architecture.md');
  const folders = ['loader', 'loader/hot', 'registry'].flatMap((room) =>
    readdirSync(new URL(`${room}/`, ROOT), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => `${room}/${entry.name}/`),
  );
  expect(folders.filter((folder) => !text.includes(`\`${folder}\``))).toEqual([]);
});
