import { expect, it } from 'vitest';
import {
  prepareDirect,
  type PrepareDirectOptions,
} from '../../../../../registry/http/pages/prepare-direct.js';
import { eventually } from '../../../../eventually.js';

const RUN = 'a'.repeat(64);
const FUSION = 'f'.repeat(64);

/** @returns what was asked for when the runs of a channel's head are joined */
function prepared(channel: string, { watched = false, isDirect = true } = {}) {
  const asked: string[] = [];
  let fused: Parameters<PrepareDirectOptions['fusions']['onFused']>[0] = () => {};
  const run = {
    name: 'b.mjs',
    members: ['a.mjs', 'b.mjs'],
    hash: RUN,
    size: 9,
    runs: [],
    modules: [],
    dynamic: [],
  };
  const fusion = { manifest: '', runs: [run], exports: new Map(), order: new Map(), roots: [] };
  prepareDirect({
    fusions: {
      onFused: (listener: typeof fused) => (fused = listener),
      bytes: async (hash: string) => (asked.push(hash), new Uint8Array(9)),
      needsMembers: () => watched,
    },
    direct: {
      of: async () => (
        asked.push('start'),
        isDirect ? { hash: FUSION, map: { facades: ['b.mjs'] } } : undefined
      ),
      byHash: async () => fusion,
    },
    facades: { add: async (hash: string) => void asked.push(`facades of ${hash}`) },
    channel: 'production',
    base: '/',
    dictionaries: { learn: () => asked.push('dictionary') },
    onError: (error: unknown) => asked.push(String(error)),
  } as unknown as PrepareDirectOptions);
  const head = { deploy: { channel }, manifest: { modules: new Map() } };
  fused(...([head, { fusion }] as unknown as Parameters<typeof fused>));
  return asked;
}

it('makes what pages start from, and the bytes of the runs, when they are joined', async () => {
  const asked = prepared('production');
  await eventually(() =>
    expect(asked).toEqual(['start', `facades of ${FUSION}`, RUN, 'dictionary', 'dictionary']),
  );
});

it('makes no bytes for pages that need the loader', async () => {
  const asked = prepared('production', { isDirect: false });
  await new Promise((resolve) => setImmediate(resolve));
  expect(asked).toEqual(['start']);
});

it('makes nothing for another channel, or one that is being edited', async () => {
  expect(prepared('beta')).toEqual([]);
  expect(prepared('production', { watched: true })).toEqual([]);
});
