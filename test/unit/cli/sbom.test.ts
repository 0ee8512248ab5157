import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Bom } from '../../../registry/packages/cyclonedx.js';
import { write } from '../registry/site.js';
import { ESM, installed, packagedSite } from './packaged-site.js';

let validate: ValidateFunction;

/** The schemas that the project CycloneDX publishes. */
beforeAll(() => {
  const library = createRequire(import.meta.url).resolve('@cyclonedx/cyclonedx-library/package.json');
  const schema = (name: string): object =>
    JSON.parse(readFileSync(path.join(path.dirname(library), 'res/schema', name), 'utf8')) as object;
  const ajv = new Ajv({ strict: false });
  formats.default(ajv);
  for (const format of ['iri-reference', 'idn-email']) ajv.addFormat(format, true);
  for (const name of ['spdx.SNAPSHOT.schema.json', 'jsf-0.82.SNAPSHOT.schema.json']) {
    ajv.addSchema(schema(name), `http://cyclonedx.org/schema/${name}`);
  }
  validate = ajv.compile(schema('bom-1.6.SNAPSHOT.schema.json'));
});

function valid(text: string): Bom {
  const bom = JSON.parse(text) as Bom;
  expect(validate(bom) ? [] : validate.errors).toEqual([]);
  return bom;
}

const LOCK = 'node_modules/.package-lock.json';
const SHA512 = Buffer.alloc(64, 7);

const shop = () =>
  packagedSite(
    `import '@shop/cart'; import 'classic';`,
    installed(
      '@shop/cart',
      {
        'index.js': `import { v } from './v.js'; import 'base'; export { v };`,
        'v.js': 'export const v = 1;',
      },
      { ...ESM, license: '(MIT OR Apache-2.0)', version: '2.0.0-rc.1+build' },
    ),
    installed('base', { 'index.js': 'export {};' }, { ...ESM, license: 'SEE LICENSE IN LICENSE.txt' }),
    installed('classic', { 'index.js': `exports.b = require('base');` }, { licenses: [{ type: 'ISC' }] }),
    installed('unused', { 'index.js': 'export {};' }, ESM),
    {
      [LOCK]: JSON.stringify({
        packages: { 'node_modules/base': { integrity: `sha512-${SHA512.toString('base64')}` } },
      }),
    },
  );

describe('modcast sbom', () => {
  it('is a valid CycloneDX document of the packages that pages reach', async () => {
    const { run } = await shop();
    const { code, out } = await run('sbom', '--no-files');
    expect(code).toBe(0);
    const bom = valid(out);
    expect(bom.components).toEqual([
      {
        type: 'library',
        'bom-ref': '@shop/cart@2.0.0-rc.1+build',
        group: '@shop',
        name: 'cart',
        version: '2.0.0-rc.1+build',
        licenses: [{ expression: '(MIT OR Apache-2.0)' }],
        purl: 'pkg:npm/%40shop/cart@2.0.0-rc.1%2Bbuild',
      },
      {
        type: 'library',
        'bom-ref': 'base@1.0.0',
        name: 'base',
        version: '1.0.0',
        hashes: [{ alg: 'SHA-512', content: SHA512.toString('hex') }],
        licenses: [{ license: { name: 'SEE LICENSE IN LICENSE.txt' } }],
        purl: 'pkg:npm/base@1.0.0',
      },
      {
        type: 'library',
        'bom-ref': 'classic@1.0.0',
        name: 'classic',
        version: '1.0.0',
        licenses: [{ license: { id: 'ISC' } }],
        purl: 'pkg:npm/classic@1.0.0',
      },
    ]);
    expect(bom.dependencies).toEqual([
      { ref: 'deploy-1', dependsOn: ['@shop/cart@2.0.0-rc.1+build', 'classic@1.0.0'] },
      { ref: '@shop/cart@2.0.0-rc.1+build', dependsOn: ['base@1.0.0'] },
      { ref: 'base@1.0.0', dependsOn: [] },
      { ref: 'classic@1.0.0', dependsOn: ['base@1.0.0'] },
    ]);
    expect(bom.metadata).toMatchObject({
      timestamp: '2026-11-23T12:00:00.000Z',
      component: { name: 'production', version: '1' },
    });
  });

  it('has the hashes of the files that browsers get', async () => {
    const { run } = await shop();
    const [cart] = valid((await run('sbom')).out).components;
    const [deploy] = JSON.parse((await run('show', '1:npm/@shop/cart@2.0.0-rc.1+build/', '--json')).out) as {
      hash: string;
      path: string;
    }[];
    expect(cart!.components![0]).toEqual({
      type: 'file',
      name: deploy!.path,
      hashes: [{ alg: 'BLAKE3', content: deploy!.hash }],
    });
    expect(cart!.components).toHaveLength(2);
  });

  it('is the same each time, and another for another deploy', async () => {
    const { run, directory } = await shop();
    const first = (await run('sbom')).out;
    await write(directory, { 'index.html': '<script type="module">import "base";</script>' });
    await run('publish', '--no-fuse');
    expect((await run('sbom', '1')).out).toBe(first);
    const second = valid((await run('sbom')).out);
    expect(second.components.map(({ name }) => name)).toEqual(['base']);
    expect(second.serialNumber).not.toBe((JSON.parse(first) as Bom).serialNumber);
  });

  it('tells two installs of one version apart', async () => {
    const { run } = await packagedSite(
      `import 'a'; import 'b';`,
      installed('a', { 'index.js': `import 'b';` }, ESM),
      installed('b', { 'index.js': 'export const b = 1;' }, { ...ESM, license: 'MIT' }),
      installed(
        'b',
        { 'index.js': 'export const b = 2;' },
        { ...ESM, license: 'ISC' },
        'node_modules/a/node_modules',
      ),
    );
    const bom = valid((await run('sbom', '--no-files')).out);
    const copies = bom.components.filter(({ name }) => name === 'b');
    expect(copies.map((one) => [one['bom-ref'], one.purl, one.licenses])).toEqual([
      ['b@1.0.0', 'pkg:npm/b@1.0.0', [{ license: { id: 'ISC' } }]],
      ['b@1.0.0~2', 'pkg:npm/b@1.0.0', [{ license: { id: 'MIT' } }]],
    ]);
    expect(bom.dependencies[1]).toEqual({ ref: 'a@1.0.0', dependsOn: ['b@1.0.0'] });
  });

  it('works for a deploy without what is known of its packages, and for one without packages', async () => {
    const { run, directory } = await shop();
    await write(directory, {
      'index.html': '<script type="module">import "old";</script>',
      'npm/importmap.json': '{"imports":{"old":"./npm/old@1.0.0/x.js"}}',
      'npm/old@1.0.0/x.js': 'export {};',
    });
    await run('publish', '--no-packages', '--no-fuse');
    expect(valid((await run('sbom', '--no-files')).out).components).toEqual([
      { type: 'library', 'bom-ref': 'old@1.0.0', name: 'old', version: '1.0.0', purl: 'pkg:npm/old@1.0.0' },
    ]);
    await write(directory, { 'index.html': '' });
    await run('publish', '--no-packages', '--exclude', 'npm/**', '--no-fuse');
    expect(valid((await run('sbom')).out).components).toEqual([]);
  });

  it('says that there is no deploy', async () => {
    const { run } = await shop();
    expect(await run('sbom', '99')).toMatchObject({ code: 1, err: expect.stringContaining('ref-unknown') });
  });
});
