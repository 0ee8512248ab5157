import { expect, it } from 'vitest';
import { publishHint } from '../../../cli/serve-hints.js';

const PLACE = {
  channel: 'production',
  db: '/srv/registry.db',
  url: 'http://127.0.0.1:4321/',
  prefix: '/-/',
};

it('shows how to publish to a registry by its file, and by its URL with a token', () => {
  expect(publishHint(PLACE)).toEqual([
    'Publish a site to it from this machine:',
    '  modcast publish <dir> --channel production --db /srv/registry.db',
    'or from anywhere, with a token:',
    '  modcast token create --scope publish:production --db /srv/registry.db',
    '  MODCAST_TOKEN=mc_… modcast publish <dir> --channel production --to http://127.0.0.1:4321/',
  ]);
});

it('quotes for the shell, and names another prefix', () => {
  const lines = publishHint({ ...PLACE, db: "/it's here/x.db", prefix: '/own/' });
  expect(lines[1]).toContain(String.raw`--db '/it'\''s here/x.db'`);
  expect(lines[4]).toMatch(/--to http:\/\/127\.0\.0\.1:4321\/own\/$/);
});
