import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { blake3 } from '../../../../registry/hash.js';
import { createAccess } from '../../../../registry/auth/allowed-origins.js';
import { openMemoryStore, type Registry, type Store } from '../../../../registry/index.js';
import { makePack } from '../../../../registry/publish/pack-stream.js';
import { PublishService } from '../../../../registry/publish/publish-service.js';
import { createPublishRoutes } from '../../../../registry/publish/publish-routes.js';
import { bodyPieces } from '../../../../registry/publish/request-body.js';
import { FakeClock } from '../fake-clock.js';
import { createToken } from '../../../../registry/auth/tokens.js';
import {
  LIMITS,
  ModcastError,
  encodePackHeader,
  encodeRecords,
  encodeSegment,
  manifestToJson,
} from '../../../../schema/index.js';
import { blobOf, manifestOf } from '../../../contract/store-fixture.js';
import { open, raw, serve, status } from '../site.js';

const TEXTS: [string, string][] = [
  ['main.mjs', 'import "./leaf.mjs";'],
  ['leaf.mjs', 'export default 1;'],
];
const MANIFEST = { ...manifestOf(TEXTS), entries: ['main.mjs'] };
const BLOBS = TEXTS.map(([, text]) => blobOf(text));

let registry: Registry;
let token: string;
beforeEach(async () => {
  registry = open({ channel: 'production' });
  token = await tokenOf('publish:production');
});

const tokenOf = async (...scope: string[]): Promise<string> =>
  (await createToken(await registry.store(), { scope, expires: null, note: '', now: Date.now() })).text;

type Answer = { status: number; headers: Headers; body: any };

async function post(
  path: string,
  body: string | Uint8Array | null,
  headers: Record<string, string> = {},
  method = 'POST',
): Promise<Answer> {
  const request = new Request(`http://localhost/-/publish/${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, ...headers },
    body: body as string,
  });
  const response = (await registry.handle(request))!;
  return { status: response.status, headers: response.headers, body: await response.json() };
}

const JSON_TYPE = { 'Content-Type': 'application/json' };
const PACK_TYPE = { 'Content-Type': 'application/octet-stream' };
const proposal = (rest: object = {}) =>
  JSON.stringify({
    manifest: manifestToJson(MANIFEST),
    author: 'ada',
    message: 'hello',
    commit: null,
    ...rest,
  });
const plan = (rest: object = {}, headers: Record<string, string> = {}) =>
  post('production/plan', proposal(rest), { ...JSON_TYPE, ...headers });
const send = (lease: string, pack: Uint8Array) => post(`${lease}/blobs`, pack, PACK_TYPE);

async function publishAll(rest: object = {}): Promise<Answer> {
  const { lease } = (await plan(rest)).body;
  await send(lease, await makePack(BLOBS));
  return post(`${lease}/commit`, null);
}

describe('publishing', () => {
  it('asks for missing blobs, stores them, and makes the deploy', async () => {
    const planned = await plan();
    expect(planned.body).toMatchObject({ state: 'open', head: null, changes: { added: 2, modules: 2 } });
    expect(new Set(planned.body.missing)).toEqual(new Set(BLOBS.map((blob) => blob.hash)));
    expect((await send(planned.body.lease, await makePack(BLOBS))).body).toEqual({ taken: 2 });
    const { status: code, body } = await post(`${planned.body.lease}/commit`, null);
    expect(code).toBe(200);
    expect(body).toMatchObject({ created: true, deploy: { number: 1, author: 'ada', message: 'hello' } });
    expect((await plan()).body).toMatchObject({ state: 'current', deploy: { number: 1 } });
  });

  it.each(['.git/config', 'lib/.env', '.well-known/.git/config', 'a/.well-known/x.json'])(
    'dot paths: refuses a manifest that names %s',
    async (name) => {
      const manifest = manifestToJson(manifestOf([...TEXTS, [name, 'x']]));
      const { status: code, body } = await plan({ manifest });
      expect([code, body.error.code]).toEqual([400, 'path-invalid']);
      expect(body.error.message).toContain(name);
    },
  );

  it('dot paths: accepts .well-known at the root', async () => {
    const manifest = manifestToJson(manifestOf([...TEXTS, ['.well-known/x.json', 'x']]));
    expect((await plan({ manifest })).body).toMatchObject({ state: 'open', changes: { added: 3 } });
  });

  it('finds links itself and ignores sent ones', async () => {
    const { lease } = (await plan()).body;
    const [blob] = BLOBS;
    const lie = { ...blob!, links: { state: 'linked', list: [{ kind: 'meta', start: 0, end: 3 }] } } as const;
    const rawBody = encodeRecords([lie]);
    const segment = encodeSegment({
      encoding: 'identity',
      count: 1,
      rawLength: rawBody.length,
      body: rawBody,
    });
    expect((await send(lease, Buffer.concat([encodePackHeader(1), segment]))).status).toBe(200);
    const links = (await (await registry.store()).links([blob!.hash])).get(blob!.hash);
    expect(links?.list).toMatchObject([{ kind: 'static', specifier: './leaf.mjs' }]);
  });

  it('keeps the blobs of an incomplete pack: the next plan asks only for the rest', async () => {
    const { lease } = (await plan()).body;
    const parts = await Promise.all(BLOBS.map((blob) => makePack([blob])));
    const header = encodePackHeader(2);
    const whole = Buffer.concat([header, ...parts.map((part) => part.subarray(header.length))]);
    const cut = await send(lease, whole.subarray(0, whole.length - 3));
    expect([cut.status, cut.body.error.code]).toEqual([400, 'pack-truncated']);
    expect((await plan()).body.missing).toEqual([BLOBS[1]!.hash]);
  });

  it('protects planned blobs from the collector', async () => {
    const { lease } = (await plan()).body;
    await send(lease, await makePack(BLOBS));
    const store = await registry.store();
    await store.collect({ keep: 1, olderThan: Infinity, now: Date.now(), dryRun: false });
    expect((await post(`${lease}/commit`, null)).status).toBe(200);
  });

  it('refuses a commit if the head has moved, and reports the head', async () => {
    const { lease } = (await plan()).body;
    await send(lease, await makePack(BLOBS));
    await publishAll({ manifest: manifestToJson(manifestOf([TEXTS[1]!])), message: 'first' });
    const late = await post(`${lease}/commit`, null);
    expect(late.status).toBe(409);
    expect(late.body.error).toMatchObject({ code: 'head-moved', expected: null, found: 1 });
    expect((await plan({ expected: 7 })).body.error).toMatchObject({ code: 'head-moved', found: 1 });
    expect((await post(`${lease}/commit`, null)).body.error.code).toBe('lease-unknown');
  });

  it('refuses a commit while blobs are missing, and accepts them later', async () => {
    const { lease } = (await plan()).body;
    const early = await post(`${lease}/commit`, null);
    expect([early.status, early.body.error.code]).toEqual([409, 'blob-missing']);
    await send(lease, await makePack(BLOBS));
    expect((await post(`${lease}/commit`, null)).status).toBe(200);
  });

  it('only reports the changes in a dry run', async () => {
    const { body } = await plan({ dryRun: true });
    expect(body).toMatchObject({ state: 'open', lease: null });
  });
});

describe('an invalid request', () => {
  it.each([
    ['bytes that are not what their hash says', { ...BLOBS[0]!, bytes: Buffer.from('x') }, 'hash-mismatch'],
    ['a blob that the manifest does not name', blobOf('something else'), 'blob-unknown'],
  ])('%s: refused and not stored', async (_, blob, code) => {
    const { lease } = (await plan()).body;
    const answer = await send(lease, await makePack([blob]));
    expect([answer.status, answer.body.error.code]).toEqual([400, code]);
    expect(await (await registry.store()).missing([blob.hash])).toEqual([blob.hash]);
  });

  it.each([
    ['no JSON', '{', 'request-invalid'],
    ['no manifest', '{}', 'request-invalid'],
    ['another field', proposal({ time: 1 }), 'request-invalid'],
    ['no commit', proposal({ commit: 'main' }), 'request-invalid'],
    [
      'a path outside of the root',
      proposal({
        manifest: {
          ...manifestToJson(MANIFEST),
          entries: [],
          modules: [['../x.mjs', BLOBS[0]!.hash, 1, 'text/javascript']],
        },
      }),
      'manifest-invalid',
    ],
    [
      'an entry that is no module',
      proposal({ manifest: { ...manifestToJson(MANIFEST), entries: ['x.mjs'] } }),
      'manifest-invalid',
    ],
  ])('%s: 400', async (_, body, code) => {
    const answer = await post('production/plan', body, JSON_TYPE);
    expect([answer.status, answer.body.error.code]).toEqual([400, code]);
  });

  it('refuses a wrong content type, another method, another site’s page, another route', async () => {
    expect(
      (await post('production/plan', proposal(), { 'Content-Type': 'text/plain' })).body.error.code,
    ).toBe('request-invalid');
    expect((await post('production/plan', proposal(), JSON_TYPE, 'PUT')).status).toBe(405);
    expect((await plan({}, { Origin: 'https://evil.test' })).status).toBe(400);
    expect((await plan({}, { Origin: 'null' })).status).toBe(400);
    expect((await plan({}, { Origin: 'http://localhost' })).status).toBe(200);
    expect((await post('production/plan/x', proposal(), JSON_TYPE)).body.error.code).toBe('request-invalid');
    expect((await post('Production/plan', proposal(), JSON_TYPE)).body.error.code).toBe('channel-invalid');
  });

  it('answers a request with a too large Content-Length, and keeps serving', async () => {
    const served = await serve();
    const text = (
      await createToken(await served.registry.store(), {
        scope: ['publish:*'],
        expires: null,
        note: '',
        now: Date.now(),
      })
    ).text;
    const head = `POST /-/publish/production/plan HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${text}\r\nContent-Type: application/json\r\n`;
    const large = await raw(served.port, `${head}Content-Length: 999999999999\r\n\r\n{}`);
    expect(status(large)).toBe(413);
    const fine = await raw(served.port, `${head}Content-Length: 2\r\nConnection: close\r\n\r\n{}`);
    expect(status(fine)).toBe(400);
  });
});

describe('history-over-socket: what a token cannot read, it cannot publish by its hash', () => {
  /** Publishes a secret on production, and then a deploy without it. The secret is history afterwards. */
  async function oldSecret() {
    const secret = blobOf('export default "secret";');
    await publishTexts([...TEXTS, ['secret.mjs', 'export default "secret";']]);
    await publishTexts(TEXTS);
    vi.setSystemTime(Date.now() + LIMITS.pastHeadMs);
    const named = { ...manifestOf([['x.mjs', 'export default "secret";']]), entries: [] };
    const planOther = async (scope: string[], rest: object = {}) => {
      token = await tokenOf(...scope);
      return post('other/plan', proposal({ manifest: manifestToJson(named), ...rest }), JSON_TYPE);
    };
    return { secret, planOther };
  }

  async function publishTexts(texts: [string, string][]): Promise<void> {
    const { body } = await plan({ manifest: manifestToJson(manifestOf(texts)) });
    await send(body.lease, await makePack(texts.map(([, text]) => blobOf(text))));
    expect((await post(`${body.lease}/commit`, null)).status).toBe(200);
  }

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    registry = open({ channel: 'production' });
    token = await tokenOf('publish:production');
  });
  afterEach(() => void vi.useRealTimers());

  it('a narrow token is told that the blob is missing, as for one that never existed', async () => {
    const { secret, planOther } = await oldSecret();
    const planned = await planOther(['publish:other']);
    expect(planned.body.missing).toEqual([secret.hash]);
    expect(planned.body.changes.bytes).toBe(secret.bytes.length);
    const early = await post(`${planned.body.lease}/commit`, null);
    expect([early.status, early.body.error]).toMatchObject([
      409,
      { code: 'blob-missing', found: [secret.hash] },
    ]);
    expect((await planOther(['publish:other'], { dryRun: true })).body.missing).toEqual([secret.hash]);
  });

  it('it publishes the blob by sending its bytes, and is not asked for them twice', async () => {
    const { secret, planOther } = await oldSecret();
    const { lease } = (await planOther(['publish:other'])).body;
    expect((await send(lease, await makePack([secret]))).status).toBe(200);
    const own = token;
    // Another token has not sent it.
    expect((await planOther(['publish:other'])).body.missing).toEqual([secret.hash]);
    token = own;
    const again = await post(
      'other/plan',
      proposal({ manifest: manifestToJson(manifestOf([['y.mjs', 'export default "secret";']])) }),
      JSON_TYPE,
    );
    expect(again.body.missing).toEqual([]);
    expect((await post(`${lease}/commit`, null)).status).toBe(200);
  });

  it('a token that may also read the history need not send it', async () => {
    const { planOther } = await oldSecret();
    const { body } = await planOther(['publish:other', 'read']);
    expect(body.missing).toEqual([]);
    expect((await post(`${body.lease}/commit`, null)).status).toBe(200);
  });

  it('blobs of public deploys need not be sent, on any channel', async () => {
    await publishTexts(TEXTS);
    token = await tokenOf('publish:other');
    const { body } = await post('other/plan', proposal(), JSON_TYPE);
    expect(body.missing).toEqual([]);
    expect((await post(`${body.lease}/commit`, null)).status).toBe(200);
  });
});

describe('blob limit', () => {
  const SIZE = 70 * 1024 * 1024;

  it('a manifest with a blob that is too large is refused', async () => {
    const [main] = [...MANIFEST.modules];
    const modules = new Map([...MANIFEST.modules, [main![0], { ...main![1], size: SIZE }]]);
    const answer = await plan({ manifest: manifestToJson({ ...MANIFEST, modules }) });
    expect([answer.status, answer.body.error]).toMatchObject([
      413,
      { code: 'blob-too-large', expected: LIMITS.blobBytes, found: SIZE },
    ]);
  });

  it('a blob that is larger than its manifest says is refused before it is inflated', async () => {
    const { lease } = (await plan()).body;
    const segment = encodeSegment({ encoding: 'deflate', count: 1, rawLength: SIZE, body: Buffer.alloc(9) });
    const answer = await send(lease, Buffer.concat([encodePackHeader(1), segment]));
    expect([answer.status, answer.body.error.code]).toEqual([413, 'blob-too-large']);
    const many = encodeSegment({ encoding: 'deflate', count: 2, rawLength: SIZE, body: Buffer.alloc(9) });
    const other = await send(lease, Buffer.concat([encodePackHeader(2), many]));
    expect([other.status, other.body.error.code]).toEqual([400, 'pack-invalid']);
  });

  it('the same holds for a publisher with the database', async () => {
    const publishing = new PublishService({ store: await openMemoryStore(), now: () => 0 });
    const bytes = Buffer.alloc(LIMITS.blobBytes + 1);
    const hash = blake3(bytes);
    const modules = (size: number) => new Map([['a.wasm', { hash, size, type: 'application/wasm' }]]);
    const propose = (size: number) =>
      publishing.plan({
        channel: 'x',
        manifest: { modules: modules(size), entries: [], importMap: null },
        author: '',
        message: '',
        commit: null,
      });
    await expect(propose(bytes.length)).rejects.toMatchObject({ code: 'blob-too-large' });
    const { lease } = (await propose(1)) as { lease: string };
    await expect(publishing.put(lease, [{ hash, bytes }])).rejects.toMatchObject({ code: 'blob-too-large' });
  });
});

describe('large plan', () => {
  const rows = (count: number) =>
    Array.from({ length: count }, (_, i) => [`${i}.mjs`, BLOBS[0]!.hash, 20, 'text/javascript']);

  it('a manifest with too many modules is refused before they are checked', async () => {
    const manifest = { modcast: 1, entries: [], importMap: null, modules: rows(LIMITS.publishModules + 1) };
    manifest.modules[0] = [];
    const answer = await plan({ manifest });
    expect([answer.status, answer.body.error]).toMatchObject([
      413,
      { code: 'message-too-large', expected: LIMITS.publishModules },
    ]);
  });

  it('a manifest with too many bytes, or a too large import map, is refused', async () => {
    const large = {
      ...manifestToJson(MANIFEST),
      importMap: { imports: { a: 'x'.repeat(LIMITS.importMapBytes) } },
    };
    expect((await plan({ manifest: large })).body.error).toMatchObject({ code: 'message-too-large' });
    const larger = { ...large, importMap: 'x'.repeat(LIMITS.publishManifestBytes) };
    expect((await plan({ manifest: larger })).status).toBe(413);
  });

  it('a token has an allowance of manifests, and other tokens have their own', async () => {
    const filler = 'x'.repeat(9_000);
    const paths = Array.from({ length: 1000 }, (_, i) => `${i}/${filler.slice(0, 900)}.mjs`);
    const modules = new Map(
      paths.map((path) => [path, { hash: BLOBS[0]!.hash, size: 20, type: 'text/javascript' }]),
    );
    const manifest = manifestToJson({ modules, entries: [], importMap: null });
    let last: Answer;
    let taken = -1;
    do last = await plan({ manifest, dryRun: true });
    while ((taken++, last.status === 200 && taken < 100));
    expect([last.status, last.body.error.code]).toEqual([503, 'publish-busy']);
    expect(taken).toBeGreaterThan(5);
    token = await tokenOf('publish:production');
    expect((await plan({ manifest, dryRun: true })).status).toBe(200);
  });
});

describe('deep import map', () => {
  const deep = '{"a":'.repeat(3_000_000) + '1' + '}'.repeat(3_000_000);

  it('a manifest with one is refused at once, and so is a request that is only nested', async () => {
    const { manifest, ...rest } = JSON.parse(proposal()) as { manifest: object };
    const inMap = JSON.stringify({ ...rest, manifest: { ...manifest, importMap: 'HERE' } });
    for (const body of [inMap.replace('"HERE"', deep), deep, '['.repeat(3_000_000)]) {
      const answer = await post('production/plan', body, JSON_TYPE);
      expect([answer.status, answer.body.error.code]).toEqual([400, 'request-invalid']);
    }
  });
});

/** A clock, and limits of a body, for tests of its speed. */
function slowly() {
  const clock = new FakeClock();
  return { clock, now: () => clock.now, limits: { bytes: 1e9, stallMs: 30_000 } };
}

/** A request whose body's pieces are made when they are read. Null ends it. */
function bodyOf(next: () => Uint8Array | null): Request {
  const body = new ReadableStream(
    {
      pull(controller) {
        const piece = next();
        if (piece === null) controller.close();
        else controller.enqueue(piece);
      },
    },
    { highWaterMark: 0 },
  );
  return new Request('http://localhost/', { method: 'POST', body, duplex: 'half' } as RequestInit);
}

describe('a registry with failures', () => {
  /** Only the routes, with a failing store method and a manual clock. */
  async function routes(broken: Partial<Store>) {
    const store: Store = { ...(await openMemoryStore()), ...broken };
    const timers = new Set<() => void>();
    const errors: unknown[] = [];
    const handle = createPublishRoutes({
      store,
      history: { publicBlobs: async () => new Set() },
      publishing: new PublishService({ store, now: () => 1000 }),
      access: createAccess([], []),
      followed: null,
      clock: {
        after(_, callback) {
          timers.add(callback);
          return { cancel: () => void timers.delete(callback) };
        },
      },
      now: () => 1000,
      onCommit: () => {},
      onError: (error) => void errors.push(error),
    });
    const { text } = await createToken(store, { scope: ['publish:*'], expires: null, note: '', now: 0 });
    const ask = async (rest: string, body: unknown, type: object): Promise<Answer> => {
      const headers = { Authorization: `Bearer ${text}`, ...type };
      const init = { method: 'POST', headers, body, duplex: 'half' } as RequestInit;
      const request = new Request(`http://localhost/-/publish/${rest}`, init);
      const response = await handle(request, rest, new Headers());
      return { status: response.status, headers: response.headers, body: await response.json() };
    };
    return { ask, timers, errors };
  }

  it('reports a full disk to the publisher and as an event', async () => {
    const full = new ModcastError('store-full', 'there is no space left');
    const { ask, errors } = await routes({ putBlobs: () => Promise.reject(full) });
    const { lease } = (await ask('x/plan', proposal(), JSON_TYPE)).body;
    const answer = await ask(`${lease}/blobs`, await makePack(BLOBS), PACK_TYPE);
    expect([answer.status, answer.body.error.code]).toEqual([507, 'store-full']);
    expect(errors).toEqual([full]);
  });

  it('gives up on a stalled body, and keeps what it received', async () => {
    const { ask, timers } = await routes({});
    const { lease } = (await ask('x/plan', proposal(), JSON_TYPE)).body;
    const pack = await makePack(BLOBS);
    let reads = 0;
    let answer: Promise<Answer> | undefined;
    const stalled = new Promise<void>((resolve) => {
      const body = new ReadableStream(
        {
          pull(controller) {
            if (reads++ === 0) return controller.enqueue(pack.subarray(0, 20));
            resolve();
            return new Promise(() => {});
          },
        },
        { highWaterMark: 0 },
      );
      answer = ask(`${lease}/blobs`, body, PACK_TYPE);
    });
    await stalled;
    for (const timer of timers) timer();
    const { status: code, body } = await answer!;
    expect([code, body.error.code]).toEqual([408, 'request-slow']);
  });

  it('slow HTTP: gives up on a body that arrives byte by byte', async () => {
    const { clock, now, limits } = slowly();
    const pieces = bodyOf(() => {
      // A byte comes just before the body would count as stalled.
      clock.advance(limits.stallMs - 1);
      return Buffer.from('x');
    });
    let read = 0;
    const work = (async () => {
      for await (const piece of bodyPieces(pieces, { ...limits, clock, now })) read += piece.length;
    })();
    await expect(work).rejects.toMatchObject({ code: 'request-slow' });
    expect(read).toBe(2);
  });

  it('slow HTTP: takes a body at the slowest allowed rate, however long it is', async () => {
    const { clock, now, limits } = slowly();
    let left = 100;
    const pieces = bodyOf(() => {
      clock.advance(1000);
      return left-- > 0 ? Buffer.alloc(LIMITS.requestBytesPerSecond) : null;
    });
    let read = 0;
    for await (const piece of bodyPieces(pieces, { ...limits, clock, now })) {
      read += piece.length;
      // The time that the server takes does not count.
      clock.advance(1_000_000);
    }
    expect(read).toBe(100 * LIMITS.requestBytesPerSecond);
  });

  it('limits the open plans, and drops idle ones', async () => {
    let now = 1000;
    const store = await openMemoryStore();
    const publishing = new PublishService({ store, now: () => now, leaseMs: 100, plans: 2 });
    const next = () =>
      publishing.plan({ channel: 'x', manifest: MANIFEST, author: '', message: '', commit: null });
    const first = await next();
    await next();
    await expect(next()).rejects.toMatchObject({ code: 'publish-busy' });
    now += 100;
    await expect(publishing.commit((first as { lease: string }).lease)).rejects.toMatchObject({
      code: 'lease-unknown',
    });
    await expect(next()).resolves.toMatchObject({ state: 'open' });
  });

  it('renews the lease of an active publish', async () => {
    let now = 1000;
    const store = await openMemoryStore();
    const publishing = new PublishService({ store, now: () => now, leaseMs: 100 });
    const manifest = MANIFEST;
    const opened = await publishing.plan({ channel: 'x', manifest, author: '', message: '', commit: null });
    const { lease } = opened as { lease: string };
    await publishing.put(lease, [BLOBS[0]!]);
    now += 60;
    await publishing.put(lease, [BLOBS[1]!]);
    now += 60;
    await store.collect({ keep: 1, olderThan: Infinity, now, dryRun: false });
    await expect(publishing.commit(lease)).resolves.toMatchObject({ created: true });
  });
});

describe('tokens', () => {
  it.each([
    ['none', {}, 401, 'token-required', 'Bearer realm="modcast"'],
    ['another scheme', { Authorization: 'Basic eDp5' }, 401, 'token-invalid', 'error="invalid_token"'],
    [
      'a made-up one',
      { Authorization: `Bearer mc_${'0'.repeat(16)}_${'A'.repeat(43)}` },
      401,
      'token-invalid',
      'error="invalid_token"',
    ],
  ])('%s: refused', async (_, headers: Record<string, string>, code, name, challenge) => {
    const request = new Request('http://localhost/-/publish/production/plan', {
      method: 'POST',
      headers: { ...JSON_TYPE, ...headers },
      body: proposal(),
    });
    const response = (await registry.handle(request))!;
    expect([response.status, ((await response.json()) as any).error.code]).toEqual([code, name]);
    expect(response.headers.get('WWW-Authenticate')).toContain(challenge);
  });

  it('of another channel are too narrow for a plan and for its lease', async () => {
    const { lease } = (await plan()).body;
    token = await tokenOf('publish:staging', 'read');
    for (const answer of [
      await plan(),
      await post(`${lease}/commit`, null),
      await send(lease, await makePack(BLOBS)),
    ]) {
      expect([answer.status, answer.body.error.code]).toEqual([403, 'token-narrow']);
      expect(answer.headers.get('WWW-Authenticate')).toContain('insufficient_scope');
    }
    expect((await post('nolease/commit', null)).status).toBe(404);
    token = 'nonsense';
    expect((await post('nolease/commit', null)).status).toBe(401);
  });

  it('that are revoked end a running publish', async () => {
    const { lease } = (await plan()).body;
    await (await registry.store()).revokeToken(token.split('_')[1]!, Date.now());
    expect((await post(`${lease}/commit`, null)).body.error.code).toBe('token-revoked');
  });
});
