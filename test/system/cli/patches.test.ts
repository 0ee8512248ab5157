import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../../registry/index.js';
import { deployOf, hashOf } from '../../contract/store-fixture.js';
import { EMPTY_MANIFEST, NO_LINKS, pathProblem } from '../../../schema/index.js';
import { modcast } from '../../unit/cli/program.js';

type Files = ReadonlyMap<string, Uint8Array>;

const text = (content: string): Uint8Array => Buffer.from(content);

const TOOLS: readonly (readonly [string, ...string[]])[] = [
  ['patch', '-p1', '-s', '--binary'],
  ['git', 'apply', '--whitespace=nowarn'],
];

function write(directory: string, files: Files): void {
  for (const [name, bytes] of files) {
    mkdirSync(path.join(directory, path.dirname(name)), { recursive: true });
    writeFileSync(path.join(directory, name), bytes);
  }
}

const read = (directory: string): Files =>
  new Map(
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry): [string, Uint8Array] => {
        const file = path.join(entry.parentPath, entry.name);
        return [path.relative(directory, file), readFileSync(file)];
      })
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );

const plain = (files: Files) =>
  [...files]
    .map(([name, bytes]) => [name, Buffer.from(bytes).toString('latin1')])
    .toSorted(([a], [b]) => (a! < b! ? -1 : 1));

/** The output of `modcast diff` between two deploys with these files, as it goes into a pipe. */
async function diff(before: Files, after: Files, ...options: string[]): Promise<Buffer> {
  const directory = mkdtempSync(path.join(tmpdir(), 'modcast-diff-'));
  try {
    const store = await openSqliteStore(path.join(directory, 'r.db'));
    let expected: number | null = null;
    for (const files of [before, after]) {
      const blobs = [...files.values()].map((bytes) => ({ hash: hashOf(bytes), bytes, links: NO_LINKS }));
      await store.putBlobs(blobs);
      const modules = [...files].map(
        ([name, bytes]) =>
          [name, { hash: hashOf(bytes), size: bytes.length, type: 'text/javascript' }] as const,
      );
      const { deploy } = await store.commit(
        deployOf({ ...EMPTY_MANIFEST, modules: new Map(modules) }, { expected }),
      );
      expected = deploy.number;
    }
    await store.close();
    const parts: Uint8Array[] = [];
    const { code, err } = await modcast(directory, ['diff', '1', '2', '--db', 'r.db', ...options], {
      write: (data) => void parts.push(Buffer.from(data)),
    });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    return Buffer.concat(parts);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** What a tool makes of a directory with a patch. */
function applied([tool, ...args]: readonly [string, ...string[]], before: Files, patch: Buffer): Files {
  const directory = mkdtempSync(path.join(tmpdir(), 'modcast-apply-'));
  try {
    write(directory, before);
    if (patch.length > 0) {
      execFileSync(tool, args, { cwd: directory, input: patch, stdio: ['pipe', 'pipe', 'pipe'] });
    }
    return read(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const body = Array.from({ length: 20 }, (_, i) => `const value${i} = ${i};\n`).join('');

describe('rename to or from a name with a space, `modcast diff` into `patch -p1`', () => {
  const NAMES = [
    'a b.mjs',
    'x/a "b" c.mjs',
    "it's.mjs",
    'lib/straße 日本 💥.mjs',
    ' lead.mjs',
    'trail .mjs',
    'b/a b/c.mjs',
  ];

  it.each(NAMES)('applies with patch and git apply: %s', async (name) => {
    for (const [from, to] of [
      ['plain.mjs', name],
      [name, 'plain.mjs'],
      [name, `y/other ${name}`],
    ] as const) {
      for (const content of [body, body.replace('value7', 'seven')]) {
        const before = new Map([[from, text(body)]]);
        const after = new Map([[to, text(content)]]);
        const patch = await diff(before, after);
        expect(patch.toString()).toContain('rename from ');
        for (const tool of TOOLS) expect(plain(applied(tool, before, patch))).toEqual(plain(after));
      }
    }
  });

  it.each(NAMES)('so do a new, a changed, a deleted and an empty file: %s', async (name) => {
    const none: Files = new Map();
    for (const [before, after] of [
      [none, new Map([[name, text('new\n')]])],
      [new Map([[name, text('a\nb\n')]]), new Map([[name, text('a\nc')]])],
      [new Map([[name, text('old\n')]]), none],
      [none, new Map([[name, text('')]])],
      [new Map([[name, text('')]]), none],
    ] as [Files, Files][]) {
      const patch = await diff(before, after);
      for (const tool of TOOLS) expect(plain(applied(tool, before, patch))).toEqual(plain(after));
    }
  });

  it('is quoted as git quotes it, and with spaces in the `diff --git` line', async () => {
    const patch = await diff(new Map([['a b.mjs', text(body)]]), new Map([['"é".mjs', text(body)]]));
    expect(patch.toString().split('\n').slice(0, 4)).toEqual([
      String.raw`diff --git "a/a b.mjs" "b/\"\303\251\".mjs"`,
      'similarity index 100%',
      'rename from a b.mjs',
      String.raw`rename to "\"\303\251\".mjs"`,
    ]);
  });
});

describe('a latin-1 file without NUL, changed', () => {
  const latin1 = (content: string) => Buffer.from(content, 'latin1');

  it('is text, with its bytes kept', async () => {
    const before = new Map([['a.mjs', latin1('// ein Ma\xdf\n// gr\xfc\xdfe\nx\n')]]);
    const after = new Map([['a.mjs', latin1('// ein Ma\xdf\n// gr\xfc\xdfen\nx\n')]]);
    const patch = await diff(before, after);
    expect(patch.toString('latin1')).toContain('-// gr\xfc\xdfe\n+// gr\xfc\xdfen\n x\n');
    for (const tool of TOOLS) expect(plain(applied(tool, before, patch))).toEqual(plain(after));
  });

  it('can become UTF-8: every line with other bytes changes', async () => {
    const before = new Map([['a.mjs', latin1('// Ma\xdf\nx\n')]]);
    const after = new Map([['a.mjs', text('// Maß\nx\n')]]);
    const patch = await diff(before, after);
    for (const tool of TOOLS) expect(plain(applied(tool, before, patch))).toEqual(plain(after));
  });

  it('has its patch in the JSON, with the encoding that gives the bytes', async () => {
    const before = new Map([['é.mjs', latin1('\xe4\n')]]);
    const after = new Map([['é.mjs', latin1('\xf6\n')]]);
    const { changes } = JSON.parse((await diff(before, after, '--json', '-p')).toString());
    expect(changes[0]).toMatchObject({ added: 1, deleted: 1, encoding: 'latin1' });
    const patch = Buffer.from(changes[0].patch, changes[0].encoding);
    expect(patch).toEqual(await diff(before, after));
  });
});

describe('a binary file, with `diff --binary`', () => {
  const bytes = (length: number, seed: number) =>
    Uint8Array.from({ length }, (_, i) => (i === 0 ? 0 : (i * i * seed + (i >> 3)) & 255));

  it.each([1, 2, 3, 4, 51, 52, 53, 1000, 70_000])('is written for git apply: %d bytes', async (length) => {
    const [a, b] = [bytes(length, 7), bytes(length + 1, 13)];
    for (const [before, after] of [
      [new Map([['a b.json', a]]), new Map([['a b.json', b]])],
      [new Map(), new Map([['a b.json', a]])],
      [new Map([['a b.json', a]]), new Map()],
    ] as [Files, Files][]) {
      const patch = await diff(before, after, '--binary');
      expect(plain(applied(TOOLS[1]!, before, patch))).toEqual(plain(after));
      expect(plain(applied(['git', 'apply', '-R'], after, patch))).toEqual(plain(before));
      expect((await diff(before, after)).toString()).toMatch(/\nBinary files .* differ\n$/);
    }
  });
});

it('any two sites: patch and git apply make one of the other', { timeout: 60_000 }, async () => {
  const segment = fc.stringMatching(/^[a-c "'é$`#%&日.-]{1,5}$/).filter((name) => !/^\.{1,2}$/.test(name));
  const name = fc
    .tuple(fc.constantFrom('', 'lib/', 'l b/'), segment)
    .map(([folder, file]) => `${folder}${file}.mjs`.normalize('NFC'))
    .filter((file) => pathProblem(file) === undefined);
  const line = fc.constantFrom('a', 'b', 'c', '}', '', '\xe9', '\xc3\xa9', '-- a', '++ b', '\t', 'd\r');
  const content = fc
    .tuple(fc.array(line, { maxLength: 12 }), fc.boolean())
    .map(([lines, isWhole]) => Buffer.from(lines.join('\n') + (isWhole ? '\n' : ''), 'latin1'));
  const site = fc.uniqueArray(fc.tuple(name, content), { selector: ([file]) => file, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(site, site, async (a, b) => {
      const [before, after] = [new Map(a), new Map(b)];
      // The same content makes no second deploy.
      fc.pre(JSON.stringify(plain(before)) !== JSON.stringify(plain(after)));
      const patch = await diff(before, after, '--binary');
      for (const tool of TOOLS) expect(plain(applied(tool, before, patch))).toEqual(plain(after));
    }),
    { numRuns: 40, seed: 8 },
  );
});
