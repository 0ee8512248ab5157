import { expect, it } from 'vitest';
import { Manifests, type ManifestsOptions } from '../../../../loader/service-worker/manifests.js';
import { diffManifests, manifestBytes, manifestToJson } from '../../../../schema/index.js';
import { manifestHash, manifestOf } from '../fakes.js';

const DEPLOYS = 'https://host/app/-/deploys/';
const OLD = manifestOf({ 'a.mjs': 'a', 'b.mjs': 'b' });
const NEW = manifestOf({ 'a.mjs': 'changed', 'c.mjs': 'c' });
const FUSION = 'f0'.repeat(32);
const STORED = { hash: manifestHash(OLD), manifest: OLD, number: 1, fusion: FUSION };

/** @param json what the server answers */
function manifestsWith(options: Partial<ManifestsOptions>, json: unknown = manifestToJson(NEW)) {
  const asked: string[] = [];
  const manifests = new Manifests({
    kept: { response: async () => undefined },
    newest: async () => undefined,
    deploysUrl: DEPLOYS,
    fetch: async (url) => {
      asked.push(url as string);
      return Response.json(json, { headers: { 'Modcast-Fusion': FUSION, 'Content-Encoding': 'gzip' } });
    },
    ...options,
  });
  return { asked, manifests, answer: () => manifests.answer(`${DEPLOYS}2/manifest.json`) };
}

const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer());

it.each([
  [`${DEPLOYS}2/manifest.json`, true],
  [`${DEPLOYS}2/manifest.json?since=1`, false],
  [`${DEPLOYS}2/files/manifest.json`, false],
  ['https://host/-/deploys/2/manifest.json', false],
])('knows the URLs of manifests: %s', (url, isManifest) => {
  expect(manifestsWith({}).manifests.has(url)).toBe(isManifest);
});

it('makes a manifest of the difference from the one stored last', async () => {
  const since = STORED.hash;
  const { asked, answer } = manifestsWith(
    { newest: async () => STORED },
    { since, ...diffManifests(OLD, NEW) },
  );
  const response = await answer();
  expect(await bytesOf(response)).toEqual(manifestBytes(NEW));
  expect(Object.fromEntries(response.headers)).toEqual({
    'content-type': 'application/json',
    'modcast-fusion': FUSION,
  });
  expect(asked).toEqual([`${DEPLOYS}2/manifest.json?since=${since}`]);
});

it('passes on a whole manifest, where the server sends no difference', async () => {
  const { answer } = manifestsWith({ newest: async () => STORED });
  expect(await (await answer()).json()).toEqual(manifestToJson(NEW));
});

it.each([
  ['nothing is stored', async () => undefined],
  ['the database fails', () => Promise.reject(new DOMException('', 'NotFoundError'))],
])('asks for a whole manifest where %s', async (_, newest) => {
  const { asked, answer } = manifestsWith({ newest });
  expect(await (await answer()).json()).toEqual(manifestToJson(NEW));
  expect(asked).toEqual([`${DEPLOYS}2/manifest.json`]);
});

it('requests nothing for the deploy that is stored, once its fusion is known', async () => {
  const stored = { ...STORED, number: 2 };
  const { asked, answer } = manifestsWith({ newest: async () => stored });
  const response = await answer();
  expect(await bytesOf(response)).toEqual(manifestBytes(OLD));
  expect(response.headers.get('Modcast-Fusion')).toBe(FUSION);
  expect(response.headers.get('Modcast-Deploy')).toBe('2');
  expect(asked).toEqual([]);
  const before = manifestsWith({ newest: async () => ({ ...stored, fusion: null }) });
  await before.answer();
  expect(before.asked).toHaveLength(1);
});

it('gives what is kept', async () => {
  const kept = { url: '', manifest: null, headers: [], body: manifestBytes(OLD) };
  const { asked, answer } = manifestsWith({ kept: { response: async () => kept } });
  expect(await bytesOf(await answer())).toEqual(manifestBytes(OLD));
  expect(asked).toEqual([]);
});
