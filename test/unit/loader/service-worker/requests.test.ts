import { expect, it } from 'vitest';
import { Requests, type RequestsOptions } from '../../../../loader/service-worker/requests.js';

const requests = new Requests({
  config: { root: '/app/', prefix: '/app/-/', watches: false },
  origin: 'https://host',
} as RequestsOptions);

it.each([
  ['loader.js?v=1', true],
  ['fused-loader.js?v=1', true],
  ['hot.js?v=1', true],
  ['offline-page.js?v=1', true],
  // Without a version, it may change.
  ['loader.js', false],
  ['own-loader.js?v=1', false],
  ['worker.js?v=1', false],
])('keeps scripts whose URLs name their version: %s', (name, isKept) => {
  expect(requests.isScript(`https://host/app/-/${name}`)).toBe(isKept);
  expect(requests.isScript(`https://host/${name}`)).toBe(false);
});
