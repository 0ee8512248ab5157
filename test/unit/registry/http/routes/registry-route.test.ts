import { describe, expect, it } from 'vitest';
import { parseRegistryRoute } from '../../../../../registry/http/routes/registry-route.js';

const HASH = 'a'.repeat(64);

describe('a route of the registry', () => {
  it.each([
    ['loader.js', { kind: 'script', name: 'loader.js' }],
    ['hot.js', { kind: 'script', name: 'hot.js' }],
    ['notice.js', { kind: 'notice' }],
    ['health', { kind: 'health' }],
    ['channels/dev/manifest.json', { kind: 'channel-manifest', channel: 'dev' }],
    ['channels/dev/head.html', { kind: 'channel-head', channel: 'dev' }],
    ['deploys/12/manifest.json', { kind: 'deploy-manifest', deploy: 12 }],
    ['deploys/12/at/lib/a%20b.mjs', { kind: 'deploy-file', deploy: 12, path: 'lib/a%20b.mjs' }],
    [`modules/${HASH}/lib/a.mjs`, { kind: 'module', hash: HASH, path: 'lib/a.mjs' }],
    [`blobs/${HASH}`, { kind: 'blob', hash: HASH }],
    [`runs/${HASH}/lib/a.mjs`, { kind: 'run', hash: HASH, name: 'lib/a.mjs', depth: 2 }],
    [`runs/${HASH}.map`, { kind: 'run-map', hash: HASH }],
  ])('%s', (rest, route) => {
    expect(parseRegistryRoute(rest)).toEqual(route);
  });
});

describe('no route', () => {
  it.each([
    '',
    'x.mjs',
    'loader.js/',
    'health/x',
    'channels/dev',
    'channels/a/b/manifest.json',
    'deploys/0/manifest.json',
    'deploys/01/manifest.json',
    'deploys/1/x',
    'modules/abc/a.mjs',
    `blobs/${HASH}/x`,
    `runs/${HASH}`,
    `runs/${HASH}/`,
    'runs/abc/a.mjs',
    'runs/abc.map',
    `runs/${HASH}.map/a.mjs`,
    `blobs/${HASH.toUpperCase()}`,
  ])('%j', (rest) => {
    expect(parseRegistryRoute(rest)).toBeUndefined();
  });
});
