import type { NetworkInterfaceInfo } from 'node:os';
import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import type { Deploy } from '../../../../registry/index.js';
import { EMPTY_MANIFEST, type Manifest } from '../../../../schema/index.js';
import {
  channelHint,
  networkHint,
  publishHint,
  singleHint,
  startText,
} from '../../../../cli/serving/hints.js';

const PLACE = {
  channel: 'production',
  db: '/srv/registry.db',
  url: 'http://127.0.0.1:4321/',
  prefix: '/-/',
};

it('shows how to publish to the database file, and to the URL with a token', () => {
  expect(publishHint(PLACE)).toEqual([
    'To publish a site from this machine:',
    '  modcast publish <dir> --channel production --db /srv/registry.db',
    'To publish from another machine, with a token:',
    '  modcast token create --scope publish:production --db /srv/registry.db',
    '  MODCAST_TOKEN=mc_… modcast publish <dir> --channel production --to http://127.0.0.1:4321/',
  ]);
});

it('quotes for the shell, and includes another prefix', () => {
  const lines = publishHint({ ...PLACE, db: "/it's here/x.db", prefix: '/own/' });
  expect(lines[1]).toContain(String.raw`--db '/it'\''s here/x.db'`);
  expect(lines[4]).toMatch(/--to http:\/\/127\.0\.0\.1:4321\/own\/$/);
});

it('names the channels of the database that have deploys', () => {
  expect(channelHint([])).toEqual([]);
  expect(channelHint(['production', 'staging'])).toEqual([
    'This database has deploys on production, staging. To serve them: --channel production',
    '',
  ]);
});

const plain = pc.createColors(false);

it('says that the page of --single is missing, or that 404.html is not used', () => {
  const hint = (page: string | null, ...files: string[]) =>
    singleHint({ page, has: (path) => files.includes(path), by: 'save' });
  expect(hint(null, '404.html')).toEqual([]);
  expect(hint('index.html', 'index.html')).toEqual([]);
  expect(hint('app.html', 'index.html', '404.html')).toEqual([
    'No app.html for --single: paths without a file are not found until you save it.',
  ]);
  expect(hint('app.html', 'app.html', '404.html')).toEqual([
    '404.html is not used: with --single, paths without a file get app.html.',
  ]);
});

describe('the first lines of serve', () => {
  const deploy = { number: 1, channel: 'dev', modules: 2, bytes: 71 } as Deploy;
  const manifest: Manifest = {
    ...EMPTY_MANIFEST,
    modules: new Map([
      ['index.html', { hash: 'a'.repeat(64), size: 50, type: 'text/html' }],
      ['main.mjs', { hash: 'b'.repeat(64), size: 21, type: 'text/javascript' }],
    ]),
  };
  const start = {
    deploy,
    manifest,
    created: true,
    read: 2,
    shown: 'site',
    hasPage: true,
    single: [],
    isEmpty: false,
    took: 35,
  };

  it('say how many files were read, or that none changed', () => {
    expect(startText(start, plain)).toEqual([
      'modcast site · 2 files, 71 B: 1 module, 1 page · deploy 1 on dev · 35 ms, 2 files read',
    ]);
    expect(startText({ ...start, created: false, read: 0 }, plain)).toEqual([
      'modcast site · 2 files, 71 B: 1 module, 1 page · deploy 1 on dev · 35 ms, no file changed since the last start',
    ]);
  });

  it('say what to do in a directory without files or without modules', () => {
    const none = { ...start, deploy: { ...deploy, modules: 0, bytes: 0 }, manifest: EMPTY_MANIFEST, read: 0 };
    expect(startText({ ...none, isEmpty: true }, plain)).toEqual([
      'modcast site · empty directory · 35 ms',
      expect.stringContaining('Save an index.html with <script type="module"'),
      expect.stringContaining('as soon as you save them'),
    ]);
    expect(startText(none, plain)).toEqual([
      'modcast site · 0 files, 0 B · deploy 1 on dev · 35 ms, 0 files read',
      expect.stringContaining('Is this the right directory?'),
    ]);
  });

  it('say what singleHint says, where there are files', () => {
    expect(startText({ ...start, single: ['No app.html'] }, plain)[1]).toBe('  No app.html');
    expect(startText({ ...start, isEmpty: true, single: ['No app.html'] }, plain)).toHaveLength(3);
  });

  it('say that a directory has no page', () => {
    expect(startText({ ...start, hasPage: false }, plain)).toEqual([
      'modcast site · 2 files, 71 B: 1 module, 1 page · deploy 1 on dev · 35 ms, 2 files read',
      '  No page: no .html file. That is right if another server renders the pages.',
    ]);
  });
});

describe('the hint of a server on the network', () => {
  const info = (address: string, internal: boolean, family: 'IPv4' | 'IPv6') =>
    ({ address, internal, family }) as NetworkInterfaceInfo;
  const interfaces = {
    lo: [info('127.0.0.1', true, 'IPv4')],
    eth0: [info('192.0.2.7', false, 'IPv4'), info('fe80::1', false, 'IPv6')],
  };
  const place = { host: '0.0.0.0', port: '4321', base: '/', allowHost: [], interfaces };

  it('is missing on the loopback interface', () => {
    for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost', 'a.localhost']) {
      expect(networkHint({ ...place, host }, plain)).toEqual([]);
    }
  });

  it('lists the URLs, warns that the source can be read, and says how to allow a host name', () => {
    for (const host of ['0.0.0.0', '::']) {
      expect(networkHint({ ...place, host }, plain)).toEqual([
        'http://192.0.2.7:4321/ on the network',
        'Anyone who can reach this address can read the source code. To allow a host name: --allow-host <name>.',
      ]);
    }
    expect(networkHint({ ...place, allowHost: ['build.example.org'] }, plain)).toEqual([
      'http://192.0.2.7:4321/ on the network',
      'http://build.example.org:4321/ on the network',
      'Anyone who can reach this address can read the source code.',
    ]);
    expect(networkHint({ ...place, base: '/app/' }, plain)[0]).toBe(
      'http://192.0.2.7:4321/app/ on the network',
    );
    expect(networkHint({ ...place, host: '192.0.2.7' }, plain)).toHaveLength(1);
  });
});
