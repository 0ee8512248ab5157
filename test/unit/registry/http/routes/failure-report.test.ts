import { describe, expect, it } from 'vitest';
import { createAccess } from '../../../../../registry/auth/allowed-origins.js';
import { createFailureReportRoute } from '../../../../../registry/http/routes/failure-report.js';
import { LIMITS } from '../../../../../schema/index.js';
import { FakeClock } from '../../fake-clock.js';

const REPORT = { type: 'failed', deploy: null, stage: 'loader', message: 'the loader could not be loaded' };

function route() {
  const clock = new FakeClock();
  const reports: unknown[] = [];
  const ask = createFailureReportRoute({
    access: createAccess([], []),
    clock,
    onFailed: (report) => reports.push(report),
  });
  const send = async (body: string, headers: Record<string, string> = {}, method = 'POST') => {
    const right = { Host: 'localhost:1', Origin: 'http://localhost:1', ...headers };
    const all = Object.entries(right).filter(([, value]) => value !== '');
    const init = { method, headers: all, ...(method === 'POST' ? { body } : {}) };
    return (await ask(new Request('http://localhost:1/-/failed', init as RequestInit), new Headers())).status;
  };
  return { clock, reports, send };
}

describe('the report of a page without its loader', () => {
  it('is passed on', async () => {
    const { reports, send } = route();
    expect(await send(JSON.stringify(REPORT))).toBe(204);
    expect(reports).toEqual([REPORT]);
  });

  it.each([
    ['no JSON', '{'],
    ['another message', JSON.stringify({ type: 'message', topic: 'a', data: 1 })],
    ['a wrong message', JSON.stringify({ ...REPORT, stage: 1 })],
    ['a long message', JSON.stringify({ ...REPORT, message: 'x'.repeat(5000) })],
  ])('is refused: %s', async (_, body) => {
    const { reports, send } = route();
    expect(await send(body)).toBe(400);
    expect(reports).toEqual([]);
  });

  it('is refused when it is too large, from another site, or not a POST', async () => {
    const { reports, send } = route();
    const body = JSON.stringify(REPORT);
    expect(await send(' '.repeat(LIMITS.reportRequestBytes + 1))).toBe(413);
    for (const Origin of ['', 'null', 'http://evil.test']) expect(await send(body, { Origin })).toBe(403);
    expect(await send(body, {}, 'GET')).toBe(405);
    expect(reports).toEqual([]);
  });

  it('is refused over the limit of a second', async () => {
    const { clock, reports, send } = route();
    const body = JSON.stringify(REPORT);
    for (let index = 0; index < LIMITS.clientReportsPerSecond; index++) await send(body);
    expect(await send(body)).toBe(429);
    clock.advance(1000);
    expect(await send(body)).toBe(204);
    expect(reports).toHaveLength(LIMITS.clientReportsPerSecond + 1);
  });
});
