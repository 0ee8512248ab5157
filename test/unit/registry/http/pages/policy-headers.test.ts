import { once } from 'node:events';
import { createServer, type OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { NAVIGATION, SITE, later, open, site } from '../../site.js';

/** A server that sets headers, and has a registry as its last handler. */
async function mount(): Promise<(headers: OutgoingHttpHeaders, page?: string) => Promise<string>> {
  const nonce = '<!doctype html><title>x</title><script nonce=abc type="module" src="main.js"></script>';
  const registry = open({ directory: await site({ ...SITE, 'nonce.html': nonce }) });
  await registry.ready;
  let set: OutgoingHttpHeaders = {};
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(set)) response.setHeader(name, value!);
    void registry.middleware(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  later(() => server.close());
  const { port } = server.address() as AddressInfo;
  return async (headers, page = '') => {
    set = headers;
    const html = await (await fetch(`http://127.0.0.1:${port}/${page}`, { headers: NAVIGATION })).text();
    if (html.includes('data-guard')) return 'whole';
    return html.includes('data-native') ? 'native' : 'as it is';
  };
}

const ENFORCED = 'Content-Security-Policy';
const REPORT_ONLY = 'Content-Security-Policy-Report-Only';

describe('policies in headers that the server sets before', () => {
  it.each([
    [{}, 'whole'],
    [{ [ENFORCED]: "script-src 'self' 'unsafe-inline'" }, 'whole'],
    [{ [REPORT_ONLY]: "img-src 'none'; report-uri /csp" }, 'whole'],
    [{ [ENFORCED]: "script-src 'self'" }, 'native'],
    [{ [REPORT_ONLY]: "default-src 'self'; report-uri /csp" }, 'native'],
    [{ [REPORT_ONLY]: "img-src 'none', script-src 'self'" }, 'native'],
    [{ [ENFORCED]: ["img-src 'none'", "script-src 'self'"] }, 'native'],
    [{ [ENFORCED]: "script-src 'self' 'unsafe-inline'", [REPORT_ONLY]: "connect-src 'none'" }, 'as it is'],
    [{ [REPORT_ONLY]: "script-src 'sha256-aaaa'; report-uri /csp" }, 'as it is'],
  ])('%j: the page is %s', async (headers, expected) => {
    expect(await (await mount())(headers)).toBe(expected);
  });

  it('decide about each response, whatever nonce it has', async () => {
    const ask = await mount();
    const nonce = (text: string) => ({ [ENFORCED]: `script-src 'nonce-${text}' 'strict-dynamic'` });
    expect(await ask(nonce('one'), 'nonce.html')).toBe('whole');
    expect(await ask(nonce('two'))).toBe('as it is');
    expect(await ask({ [REPORT_ONLY]: "script-src 'self'" }, 'nonce.html')).toBe('native');
    expect(await ask({}, 'nonce.html')).toBe('whole');
  });
});
