import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { fixFor } from '../../../registry/packages/audit.js';
import { freePort } from '../../free-port.js';
import { later, write } from '../registry/site.js';
import { ESM, installed, packagedSite } from './packaged-site.js';
import { modcast } from './program.js';

const advisory = (id: number, severity: string, vulnerable_versions: string, title = `Flaw ${id}`) => ({
  id,
  url: `https://github.com/advisories/GHSA-${id}`,
  title,
  severity,
  vulnerable_versions,
  cwe: ['CWE-79'],
  cvss: { score: 6.1, vectorString: null },
});

const KNOWN: Readonly<Record<string, readonly object[]>> = {
  a: [
    advisory(1, 'moderate', '<1.0.5'),
    advisory(2, 'critical', '>=1.0.0 <1.2.0'),
    advisory(3, 'high', '<1.0.0'),
  ],
  '@x/b': [advisory(4, 'low', '<=2.1.0')],
  other: [advisory(5, 'critical', '*')],
};

interface Asked {
  readonly target: string;
  readonly body: unknown;
}

async function server(listener: RequestListener): Promise<string> {
  const made = createServer(listener);
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  later(() => made.close());
  return `http://127.0.0.1:${(made.address() as AddressInfo).port}`;
}

/** Answers like npm's registry, below `/npm/`. */
async function npm(known = KNOWN): Promise<{ readonly url: string; readonly asked: Asked[] }> {
  const asked: Asked[] = [];
  const origin = await server(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const target = `${request.method} ${request.url}`;
    const body = JSON.parse(Buffer.concat(parts).toString()) as Record<string, string[]>;
    asked.push({ target, body });
    const found = Object.entries(known).filter(([name]) => name in body);
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(Object.fromEntries(found)));
  });
  return { url: `${origin}/npm`, asked };
}

const shop = () =>
  packagedSite(
    `import 'a'; import '@x/b'; import 'c';`,
    installed('a', { 'index.js': `export {};` }, ESM),
    installed('@x/b', { 'index.js': `export {};` }, { ...ESM, version: '2.0.0' }),
    installed('c', { 'index.js': `import 'a';` }, ESM),
    installed(
      'c',
      { 'index.js': 'export {};' },
      { ...ESM, version: '0.9.0' },
      'node_modules/other/node_modules',
    ),
  );

describe('modcast audit', () => {
  it('asks about the packages of the deploy, and lists what affects their versions', async () => {
    const { url, asked } = await npm();
    const { directory } = await shop();
    const { code, out, err } = await modcast(directory, ['audit', '--registry', url], { columns: Infinity });
    expect(asked).toEqual([
      {
        target: 'POST /npm/-/npm/v1/security/advisories/bulk',
        body: { a: ['1.0.0'], '@x/b': ['2.0.0'], c: ['1.0.0'] },
      },
    ]);
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(out.split('\n').map((line) => line.trim().split(/  +/))).toEqual([
      ['severity', 'package', 'version', 'fixed in', 'title', 'url'],
      ['critical', 'a', '1.0.0', '1.2.0', 'Flaw 2', 'https://github.com/advisories/GHSA-2'],
      ['moderate', 'a', '1.0.0', '1.0.5', 'Flaw 1', 'https://github.com/advisories/GHSA-1'],
      ['low', '@x/b', '2.0.0', '>2.1.0', 'Flaw 4', 'https://github.com/advisories/GHSA-4'],
      [''],
      ['3 advisories for 3 packages of deploy 1: 1 critical, 1 moderate, 1 low.'],
      [''],
    ]);
  });

  it('does not cut addresses in a terminal', async () => {
    const { url } = await npm();
    const { run } = await shop();
    const { out } = await run('audit', '--registry', url);
    expect(out.split('\n').slice(0, 3)).toEqual([
      'severity  package  version  fixed in  title',
      'critical  a        1.0.0    1.2.0     Flaw 2',
      '  https://github.com/advisories/GHSA-2',
    ]);
  });

  it('prints JSON', async () => {
    const { url } = await npm();
    const { run } = await shop();
    const { out } = await run('audit', '1', '--registry', url, '--json');
    const { findings, ...rest } = JSON.parse(out) as { findings: unknown[] };
    expect(rest).toEqual({ deploy: 1, registry: `${url}/`, packages: 3 });
    expect(findings[0]).toEqual({
      name: 'a',
      version: '1.0.0',
      severity: 'critical',
      title: 'Flaw 2',
      url: 'https://github.com/advisories/GHSA-2',
      vulnerable: '>=1.0.0 <1.2.0',
      fixedIn: '1.2.0',
    });
    expect(findings).toHaveLength(3);
  });

  it('exits with 1 only if a finding has the level', async () => {
    const { run } = await shop();
    const codeOf = async (known: typeof KNOWN, ...level: string[]) =>
      (await run('audit', '--registry', (await npm(known)).url, ...level)).code;
    const low = { '@x/b': KNOWN['@x/b']! };
    expect(await codeOf(low)).toBe(1);
    expect(await codeOf(low, '--level', 'moderate')).toBe(0);
    expect(await codeOf(KNOWN, '--level', 'critical')).toBe(1);
    expect(await codeOf({ a: [advisory(6, 'info', '*')] })).toBe(0);
    expect(await codeOf({ a: [advisory(7, 'unheard of', '*')] }, '--level', 'high')).toBe(1);
  });

  it('says so if nothing is known, and asks nothing for a deploy without packages', async () => {
    const { url, asked } = await npm({});
    const { run, directory } = await shop();
    expect(await run('audit', '--registry', url)).toEqual({
      code: 0,
      out: 'No known vulnerabilities in 3 packages of deploy 1.\n',
      err: '',
    });
    await write(directory, { 'index.html': '' });
    await run('publish', '--no-fuse');
    expect((await run('audit')).out).toBe('Deploy 2 has no packages.\n');
    expect(asked).toHaveLength(1);
  });

  it('asks the registry that npm is configured with', async () => {
    const { url, asked } = await npm();
    const { directory } = await shop();
    await write(directory, { '.npmrc': `registry=${url}/\n` });
    const env = { PATH: process.env['PATH'], HOME: directory };
    expect((await modcast(directory, ['audit'], { env })).code).toBe(1);
    expect((await modcast(directory, ['audit'], { env: { npm_config_registry: url } })).code).toBe(1);
    expect(asked).toHaveLength(2);
  });

  it('says what is wrong if the registry does not answer with advisories', async () => {
    const { run } = await shop();
    const failure = async (listener: RequestListener) => {
      const { code, out, err } = await run('audit', '--registry', await server(listener));
      expect({ code, out }).toEqual({ code: 1, out: '' });
      return err;
    };
    const withStatus = (code: number) =>
      failure((request, response) => request.resume() && response.writeHead(code).end('{}'));
    expect(await withStatus(404)).toMatch(/has no advisories: POST \/-\/npm\S+ gets 404; .*--registry/);
    expect(await withStatus(401)).toMatch(/wants a login \(401\)/);
    expect(await withStatus(503)).toMatch(/answered 503; try again later/);
    expect(await failure((_, response) => response.end('<html>'))).toMatch(/not that of an npm registry/);
    expect(await failure((_, response) => response.end('{"a":[1]}'))).toMatch(/not that of an npm registry/);
    expect(await failure((request) => request.destroy())).toMatch(
      /did not answer \(\w+\).*advisories-unavailable/,
    );
    const nobody = await run('audit', '--registry', `http://127.0.0.1:${await freePort()}`);
    expect(nobody.err).toMatch(/did not answer \(ECONNREFUSED\)/);
  });

  it('refuses a registry that is no URL, and an unknown level', async () => {
    const { run } = await shop();
    expect((await run('audit', '--registry', 'npm')).code).toBe(2);
    expect((await run('audit', '--level', 'worst')).err).toContain('info, low, moderate, high, critical');
  });
});

it('a fixed version is outside of all ranges', () => {
  expect(fixFor('1.0.0', '<1.2.3')).toBe('1.2.3');
  expect(fixFor('1.0.0', '<=1.2.3')).toBe('>1.2.3');
  expect(fixFor('1.0.0', '*')).toBeNull();
  expect(fixFor('1.0.0', '>=0.1.0')).toBeNull();
  expect(fixFor('1.0.0', '<1.2.3 || >=1.2.3 <2.0.1 || >=3.0.0 <3.1.0')).toBe('2.0.1');
  expect(fixFor('3.0.0', '<1.2.3 || >=3.0.0 <3.1.0')).toBe('3.1.0');
  expect(fixFor('1.0.0-beta.1', '<1.0.0')).toBe('1.0.0');
  expect(fixFor('1.0.0', 'not a range')).toBeNull();
  // Ranges that semver ends before the lowest prerelease.
  expect(fixFor('1.2.0', '^1.0.0')).toBe('2.0.0');
  expect(fixFor('1.2.0', '1.x')).toBe('2.0.0');
  expect(fixFor('1.2.0', '~1.2.0')).toBe('1.3.0');
  expect(fixFor('1.2.0', '1.0.0 - 1')).toBe('2.0.0');
  expect(fixFor('1.2.0', '<=1.x')).toBe('2.0.0');
  expect(fixFor('1.2.0', '^1.0.0 || >=2.0.0-alpha <2.0.1')).toBe('2.0.1');
  expect(fixFor('1.2.0', '<2.0.0-rc-0')).toBe('2.0.0-rc-0');
});
