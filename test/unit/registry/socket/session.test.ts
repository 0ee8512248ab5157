import { describe, expect, it } from 'vitest';
import { blake3 } from '../../../../registry/hash.js';
import {
  EMPTY_MANIFEST,
  applyDelta,
  manifestBytes,
  type Hash,
  type ManifestDelta,
} from '../../../../schema/index.js';
import {
  IDENTITY,
  booted,
  clock,
  connect,
  deploy,
  errors,
  failed,
  forgetPastHeads,
  hashOf,
  hello,
  history,
  inUse,
  packsOf,
  store,
  topics,
  until,
} from './session-fixture.js';

const MAIN = 'import "./leaf.js"; import("./later.js");';
const LEAF = 'export default 1;';
const LATER = 'import "./deep.js"; export default 2;';
const DEEP = 'export default 3;';
const ALONE = 'export default "alone";';
const TEXTS = { 'alone.js': ALONE, 'deep.js': DEEP, 'later.js': LATER, 'leaf.js': LEAF, 'main.js': MAIN };

describe('a greeting', () => {
  it('sends a new client the whole manifest, and the entries’ modules in the order of need', async () => {
    const { hash, manifest, number } = await deploy(TEXTS);
    const { session, transport } = connect();
    await session.start(hello());
    expect(transport.types()).toEqual(['welcome', 'manifest', 'pack']);
    expect(transport.messages[0]).toEqual({
      type: 'welcome',
      protocol: 1,
      registry: IDENTITY,
      deploy: number,
      manifest: hash,
    });
    const delta = transport.messages[1] as unknown as ManifestDelta & { base: null };
    expect(delta.base).toBeNull();
    expect(blake3(manifestBytes(applyDelta(EMPTY_MANIFEST, delta)))).toBe(hash);
    expect(manifest.modules.size).toBe(5);
    expect([...packsOf(transport)[0]!.values()]).toEqual([LEAF, MAIN, DEEP, LATER]);
    expect(transport.messages[2]).toMatchObject({
      count: 4,
      bytes: [LEAF, MAIN, DEEP, LATER].join('').length,
    });
  });

  it('carries no pages and no assets, also where a module names them', async () => {
    const texts = {
      'main.js': 'import source x from "./app.wasm"; import("./logo.png"); import "./data.json";',
      'app.wasm': 'wasm',
      'logo.png': 'png'.repeat(100_000),
      'index.html': '<title>x</title>',
      'data.json': '{}',
    };
    const { manifest } = await deploy(texts);
    const { session, transport } = connect();
    await session.start(hello());
    expect([...packsOf(transport)[0]!.values()].toSorted()).toEqual([texts['main.js'], '{}']);
    expect(transport.messages[2]).toMatchObject({ count: 2, bytes: texts['main.js'].length + 2 });
    const sent = transport.sent.reduce((sum, data) => sum + data.length, 0);
    expect(sent).toBeLessThan(2_000);
    // Nor if a client asks for them.
    const hashes = ['app.wasm', 'logo.png', 'index.html'].map((name) => manifest.modules.get(name)!.hash);
    await session.receive(JSON.stringify({ type: 'want', hashes, closure: true }));
    expect(
      packsOf(transport)
        .slice(1)
        .flatMap((pack) => [...pack.keys()]),
    ).toEqual([]);
    expect(transport.messages.at(-2)).toMatchObject({ type: 'error', code: 'blob-unknown' });
  });

  it('of a deploy in which only an asset changes brings no blob', async () => {
    await deploy({ 'main.js': MAIN, 'leaf.js': LEAF, 'logo.png': 'one' });
    const { session, transport } = connect();
    await session.start(hello());
    await deploy({ 'main.js': MAIN, 'leaf.js': LEAF, 'logo.png': 'two', 'new.woff2': 'font' });
    await session.update();
    expect(
      packsOf(transport)
        .slice(1)
        .flatMap((pack) => [...pack.keys()]),
    ).toEqual([]);
    expect(transport.messages[3]).toMatchObject({
      type: 'update',
      set: [expect.arrayContaining(['logo.png', 'image/png']), expect.arrayContaining(['new.woff2'])],
    });
  });

  it('sends the modules of the page’s own entries first', async () => {
    await deploy(TEXTS);
    const { session, transport } = connect();
    await session.start(hello({ entries: ['later.js', 'nothing.js'] }));
    expect([...packsOf(transport)[0]!.values()]).toEqual([DEEP, LATER, LEAF, MAIN]);
  });

  it('sends a client that has everything only the welcome', async () => {
    const { hash } = await deploy(TEXTS);
    const { session, transport } = connect();
    await session.start(hello({ have: hash }));
    expect(transport.types()).toEqual(['welcome']);
    expect(transport.frames).toEqual([]);
  });

  it('sends a client with an earlier deploy the difference', async () => {
    const before = await deploy(TEXTS);
    const after = await deploy({ ...TEXTS, 'leaf.js': 'export default 10;', 'new.js': 'new' });
    const { session, transport } = connect();
    await session.start(hello({ have: before.hash }));
    expect(transport.messages[1]).toMatchObject({ type: 'manifest', base: before.hash });
    const delta = transport.messages[1] as unknown as ManifestDelta;
    expect(blake3(manifestBytes(applyDelta(before.manifest, delta)))).toBe(after.hash);
    expect([...packsOf(transport)[0]!.values()]).toEqual(['export default 10;']);
  });

  it('history-over-socket: tells a client nothing of an old manifest, and spares the blobs in it', async () => {
    const before = await deploy({ ...TEXTS, 'gone.js': 'gone', 'leaf.js': LEAF.repeat(50) });
    const after = await deploy({ ...TEXTS, 'leaf.js': `${LEAF.repeat(50)}//` });
    forgetPastHeads();
    const { session, transport } = connect();
    await session.start(hello({ have: before.hash, deploy: before.number }));
    expect(transport.messages[1]).toMatchObject({ type: 'manifest', base: null, delete: [] });
    const delta = transport.messages[1] as unknown as ManifestDelta;
    expect(blake3(manifestBytes(applyDelta(EMPTY_MANIFEST, delta)))).toBe(after.hash);
    // Whole: a delta would tell what the old blob contained.
    expect([...packsOf(transport)[0]!.values()]).toEqual([`${LEAF.repeat(50)}//`]);
    await session.receive(JSON.stringify({ type: 'want', hashes: [hashOf('gone')], closure: true }));
    expect(transport.messages.at(-2)).toMatchObject({ type: 'error', code: 'blob-unknown' });
    expect(packsOf(transport)[1]!.size).toBe(0);
  });

  it('sends everything to a client with a manifest that the channel never had', async () => {
    await deploy(TEXTS);
    const elsewhere = await deploy({ ...TEXTS, 'x.js': 'x' }, ['main.js'], 'other');
    for (const have of ['0'.repeat(64), elsewhere.hash]) {
      const { session, transport } = connect();
      await session.start(hello({ have }));
      expect(transport.messages[1]).toMatchObject({ base: null });
      expect(packsOf(transport)[0]!.size).toBe(4);
    }
  });

  it('can be repeated, with what the client has by then', async () => {
    const { hash } = await deploy(TEXTS);
    const { session, transport } = connect();
    await session.start(hello({ have: hash }));
    await session.receive(JSON.stringify(hello()));
    expect(transport.types()).toEqual(['welcome', 'welcome', 'manifest', 'pack']);
    expect(packsOf(transport)[0]!.size).toBe(4);
  });

  it('that fails sends one error, and messages behind it get no answer', async () => {
    await deploy(TEXTS);
    for (const bad of [hello({ channel: 'none' }), hello({ protocol: 7 })]) {
      const { session, transport } = connect();
      const want = JSON.stringify({ type: 'want', hashes: [hashOf(LEAF)], closure: false });
      await Promise.all([session.start(bad), session.receive(want), session.update(), session.receive(want)]);
      expect(transport.types()).toEqual(['error']);
      expect(transport.closes).toEqual([[1008, bad.protocol === 7 ? 'protocol-version' : 'channel-unknown']]);
      expect(errors).toEqual([]);
    }
  });

  it('ends before a simultaneous want is answered', async () => {
    await deploy(TEXTS);
    const { session, transport } = connect();
    await Promise.all([
      session.start(hello()),
      session.receive(JSON.stringify({ type: 'want', hashes: [hashOf(ALONE)], closure: false })),
    ]);
    expect(transport.types()).toEqual(['welcome', 'manifest', 'pack', 'pack']);
  });
});

describe('a want', () => {
  async function greeted(have: Hash | null = null) {
    const { session, transport } = connect();
    await session.start(hello({ have }));
    const want = async (hashes: Hash[], closure: boolean) => {
      const known = packsOf(transport).length;
      await session.receive(JSON.stringify({ type: 'want', hashes, closure }));
      return packsOf(transport)
        .slice(known)
        .map((pack) => [...pack.values()]);
    };
    return { session, transport, want };
  }

  it('sends blobs by hash, and again when asked again', async () => {
    await deploy(TEXTS);
    const { want } = await greeted();
    expect(await want([hashOf(ALONE)], false)).toEqual([[ALONE]]);
    expect(await want([hashOf(ALONE), hashOf(LEAF)], false)).toEqual([[ALONE, LEAF]]);
  });

  it('with closure also sends imports, except those already sent', async () => {
    const texts = { ...TEXTS, 'extra.js': 'import "./leaf.js"; import "./alone.js";' };
    await deploy(texts);
    const { want } = await greeted();
    expect(await want([hashOf(texts['extra.js'])], true)).toEqual([[ALONE, texts['extra.js']]]);
    expect(await want([hashOf(texts['extra.js'])], true)).toEqual([[texts['extra.js']]]);
  });

  it('does not send what the client had when it connected', async () => {
    const texts = { ...TEXTS, 'extra.js': 'import "./leaf.js"; import "./alone.js";' };
    const { hash } = await deploy(texts);
    const { want } = await greeted(hash);
    expect(await want([hashOf(texts['extra.js'])], true)).toEqual([[ALONE, texts['extra.js']]]);
  });

  it('for a blob that the channel does not name gets an error, and the other blobs', async () => {
    await deploy(TEXTS);
    await deploy({ 'main.js': 'secret' }, ['main.js'], 'other');
    const { want, transport } = await greeted();
    expect(await want([hashOf('secret'), hashOf(ALONE), '0'.repeat(64)], true)).toEqual([[ALONE]]);
    expect(transport.messages.at(-2)).toMatchObject({ type: 'error', code: 'blob-unknown' });
    expect(transport.closes).toEqual([]);
  });

  it('history-over-socket: for a blob of an earlier deploy is answered while that is public', async () => {
    await deploy({ ...TEXTS, 'alone.js': 'old' });
    await deploy(TEXTS);
    const { want, session } = await greeted();
    expect(await want([hashOf('old')], true)).toEqual([['old']]);
    forgetPastHeads();
    expect(await want([hashOf('old'), hashOf(ALONE)], true)).toEqual([[ALONE]]);
    expect(session.deploy).toBe(2);
  });

  it('for a blob of the deploy that the page was sent is answered for as long as it is connected', async () => {
    await deploy({ ...TEXTS, 'alone.js': 'old' });
    const { want, session } = await greeted();
    await deploy(TEXTS);
    await session.update();
    forgetPastHeads();
    expect(await want([hashOf('old')], true)).toEqual([['old']]);
    session.closed();
    expect(await (await greeted()).want([hashOf('old')], true)).toEqual([[]]);
  });
});

describe('the deploy that a page runs', () => {
  const want = (session: ReturnType<typeof connect>['session'], text: string) =>
    session.receive(JSON.stringify({ type: 'want', hashes: [hashOf(text)], closure: false }));

  /** Three deploys of which only the last one is public. */
  async function three() {
    const first = await deploy({ ...TEXTS, 'alone.js': 'first' });
    const second = await deploy({ ...TEXTS, 'alone.js': 'second' });
    await deploy(TEXTS);
    forgetPastHeads();
    return { first, second };
  }

  it('stays readable while the page is connected, and no other one becomes so', async () => {
    const { first } = await three();
    const { session, transport } = connect();
    await session.start(hello({ runs: first.hash, deploy: 1 }));
    await want(session, 'first');
    await want(session, 'second');
    expect(
      packsOf(transport)
        .slice(-2)
        .map((pack) => [...pack.values()]),
    ).toEqual([['first'], []]);
    session.closed();
    expect(await history.visible('dev', [hashOf('first')])).toEqual(new Set());
  });

  it('is what the page has booted, also if it was offline before', async () => {
    const { first } = await three();
    const { session } = connect();
    await session.start(hello());
    const report = { type: 'booted', deploy: 1, ms: 1, from: 'cache', bytes: 0, runs: first.hash };
    await session.receive(JSON.stringify(report));
    await want(session, 'first');
    expect(await history.visible('dev', [hashOf('first')])).toEqual(new Set([hashOf('first')]));
  });

  it('is one for each page', async () => {
    const { first, second } = await three();
    const { session } = connect();
    await session.start(hello({ runs: first.hash, deploy: 1 }));
    await session.receive(JSON.stringify(hello({ runs: second.hash, deploy: 2 })));
    expect(await history.visible('dev', ['first', 'second'].map(hashOf))).toEqual(
      new Set([hashOf('second')]),
    );
    session.closed();
    expect(inUse.single('dev')).toEqual([]);
  });

  it('is none that its channel never had', async () => {
    await deploy(TEXTS);
    const elsewhere = await deploy({ 'main.js': 'elsewhere' }, ['main.js'], 'other');
    await deploy({ 'main.js': 'later' }, ['main.js'], 'other');
    forgetPastHeads();
    const { session } = connect();
    await session.start(hello({ runs: elsewhere.hash }));
    for (const channel of ['dev', 'other'])
      expect(await history.visible(channel, [hashOf('elsewhere')])).toEqual(new Set());
  });
});

describe('a limit', () => {
  it('of unanswered messages counts wants and hellos', async () => {
    await deploy(TEXTS);
    for (const message of [{ type: 'want', hashes: [hashOf(LEAF)], closure: false }, hello()]) {
      const { session, transport } = connect({ wants: 2, socketHighWater: 0 });
      transport.reading = false;
      const started = session.start(hello());
      const asked = [1, 2, 3].map(() => session.receive(JSON.stringify(message)));
      await asked[2];
      expect(transport.messages.at(-1)).toMatchObject({ type: 'error', code: 'message-unexpected' });
      expect(transport.closes).toEqual([[1008, 'message-unexpected']]);
      await until(() => {
        transport.read();
        return clock.waiting === 0;
      });
      await Promise.all([started, ...asked]);
    }
  });

  it('of unanswered messages disconnects the client', async () => {
    await deploy(TEXTS);
    const { session, transport } = connect({ wants: 1 });
    const want = JSON.stringify({ type: 'want', hashes: [hashOf(LEAF)], closure: false });
    await Promise.all([session.start(hello()), session.receive(want), session.receive(want)]);
    expect(transport.closes).toEqual([[1008, 'message-unexpected']]);
  });

  it.each<[string, object, string, number]>([
    ['want', { type: 'want', hashes: [hashOf(LEAF)], closure: false }, 'pack', 1],
    ['want with closure', { type: 'want', hashes: [hashOf(LEAF), hashOf(MAIN)], closure: true }, 'pack', 2],
    ['hello', hello(), 'manifest', 5],
  ])('want-flood: of a repeated %s delays what is asked for again', async (_, message, answer, count) => {
    await deploy(TEXTS);
    const second = { repeatBurstBytes: count * 1024, repeatBytesPerSecond: count * 1024 };
    const { session, transport } = connect(second);
    await session.start(hello());
    const answers = () => transport.types().filter((type) => type === answer).length;
    const ask = () => session.receive(JSON.stringify(message));
    await ask();
    expect(answers()).toBe(2);
    const asked = [ask(), ask()];
    for (let i = 2; i < 4; i++) {
      // The count of messages ends with the first second.
      await until(() => clock.waiting === (i === 2 ? 2 : 1));
      clock.advance(999);
      expect(answers()).toBe(i);
      clock.advance(1);
      await asked[i - 2];
      expect(answers()).toBe(i + 1);
    }
    expect(transport.closes).toEqual([]);
  });

  it('of repeated blobs does not delay those that a client gets for the first time', async () => {
    await deploy(TEXTS);
    const { session, transport } = connect({ repeatBurstBytes: 0, repeatBytesPerSecond: 1 });
    await session.start(hello());
    await session.receive(JSON.stringify({ type: 'want', hashes: [hashOf(ALONE)], closure: true }));
    expect(packsOf(transport)).toHaveLength(2);
  });

  it('of repeated blobs delays an answer by 5 seconds at most', async () => {
    await deploy(TEXTS);
    const { session, transport } = connect({ repeatBurstBytes: 0, repeatBytesPerSecond: 1 });
    await session.start(hello());
    const asked = session.receive(JSON.stringify({ type: 'want', hashes: [hashOf(LEAF)], closure: false }));
    await until(() => clock.waiting > 1);
    clock.advance(5000);
    await asked;
    expect(packsOf(transport)).toHaveLength(2);
  });

  it('does not affect a client that waits for each answer', async () => {
    await deploy(TEXTS);
    const { session, transport } = connect({ wants: 1 });
    await session.start(hello());
    for (let i = 0; i < 5; i++) {
      await session.receive(JSON.stringify({ type: 'want', hashes: [hashOf(LEAF)], closure: false }));
    }
    expect(transport.closes).toEqual([]);
    expect(packsOf(transport)).toHaveLength(6);
  });
});

describe('booted-flood: a client that sends too much', () => {
  const BOOTED = { type: 'booted', deploy: 1, ms: 1, from: 'cache', bytes: 0 };
  const FAILED = { type: 'failed', deploy: 1, stage: 's', message: 'm' };
  const MESSAGE = { type: 'message', topic: 't', data: null };
  const WANT = { type: 'want', hashes: [hashOf(LEAF)], closure: false };
  const NOISE = { ...MESSAGE, data: 'x'.repeat(1000) };

  it.each([
    ['booted', BOOTED, { clientReportsPerSecond: 3 }, 3],
    ['failed', FAILED, { clientReportsPerSecond: 3 }, 3],
    ['message', MESSAGE, { clientMessagesPerSecond: 3 }, 3],
    ['want', WANT, { clientMessagesPerSecond: 3 }, 3],
    ['bytes', NOISE, { clientBytesPerSecond: 3500 }, 3],
  ])('%s: is told once, and disconnected at twice the limit', async (_, message, limits, taken) => {
    await deploy(TEXTS);
    const { session, transport } = connect(limits);
    await session.start(hello());
    const handled = () => booted.length + topics.length + failed.length + packsOf(transport).length - 1;
    const send = () => session.receive(JSON.stringify(message));
    for (let i = 0; i < 2 * taken; i++) await send();
    expect(handled()).toBe(taken);
    const errorsSent = () => transport.messages.filter(({ type }) => type === 'error');
    expect(errorsSent()).toMatchObject([{ code: 'message-rate' }]);
    expect(transport.closes).toEqual([]);
    clock.advance(1000);
    await send();
    expect(handled()).toBe(taken + 1);
    for (let i = 0; i < 2 * taken; i++) await send();
    expect(transport.closes).toEqual([[1008, 'message-rate']]);
    expect(errors).toEqual([]);
    const { length } = transport.sent;
    await send();
    expect(transport.sent).toHaveLength(length);
  });

  it('sets no timer for a client that sends nothing, and none after it has gone', async () => {
    await deploy(TEXTS);
    const { session } = connect();
    await session.start(hello());
    expect(clock.waiting).toBe(0);
    await session.receive(JSON.stringify(MESSAGE));
    expect(clock.waiting).toBe(1);
    session.closed();
    expect(clock.waiting).toBe(0);
  });
});

describe('a slow reader', () => {
  const noise = (seed: number, length: number) =>
    Array.from({ length: length / 64 }, (_, i) => hashOf(`${seed} ${i}`)).join('');
  const BIG = { 'main.js': `//${noise(1, 1 << 20)}` };
  const LIMIT = { socketHighWater: 256 * 1024, socketStallMs: 1000 };

  it('gets at most the high-water mark until it reads', async () => {
    await deploy(BIG);
    const { session, transport } = connect(LIMIT);
    transport.reading = false;
    const started = session.start(hello());
    await until(() => clock.waiting === 1);
    const before = transport.sent.length;
    const under = transport.frames.reduce((sum, frame) => sum + frame.length, 0);
    expect(under).toBeLessThan(LIMIT.socketHighWater * 2 + 1024);
    transport.read(3);
    await until(() => clock.waiting === 1 && transport.sent.length === before);
    transport.reading = true;
    transport.read();
    await started;
    expect(packsOf(transport)[0]!.size).toBe(1);
    expect(transport.closes).toEqual([]);
    expect(clock.waiting).toBe(0);
  });

  it('that reads a large blob piece by piece is never disconnected', async () => {
    await deploy(BIG);
    const { session, transport } = connect(LIMIT);
    transport.reading = false;
    const started = session.start(hello());
    let over = false;
    void started.then(() => (over = true));
    while (!over) {
      await until(() => over || clock.waiting === 1);
      clock.advance(LIMIT.socketStallMs - 1);
      transport.read(1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(transport.closes).toEqual([]);
    expect(packsOf(transport)[0]!.size).toBe(1);
  });

  it('that stops reading is disconnected', async () => {
    await deploy(BIG);
    const { session, transport } = connect(LIMIT);
    transport.reading = false;
    const started = session.start(hello());
    await until(() => clock.waiting === 1);
    clock.advance(LIMIT.socketStallMs - 1);
    expect(transport.closes).toEqual([]);
    clock.advance(1);
    expect(transport.closes).toEqual([[1013, 'slow-client']]);
    const sent = transport.sent.length;
    transport.read();
    await started;
    session.message('x', 1);
    expect(transport.sent).toHaveLength(sent);
  });

  it('is disconnected when too many unsent messages pile up', async () => {
    await deploy(TEXTS);
    const { session, transport } = connect({ socketQueueBytes: 10_000 });
    await session.start(hello());
    transport.reading = false;
    for (let i = 0; i < 100; i++) session.message('x', 'y'.repeat(1000));
    expect(transport.closes).toEqual([[1013, 'slow-client']]);
    expect(transport.types().filter((type) => type === 'message').length).toBeLessThan(12);
  });

  it('that keeps reading is not disconnected', async () => {
    await deploy(TEXTS);
    const { session, transport } = connect({ socketQueueBytes: 10_000 });
    await session.start(hello());
    for (let i = 0; i < 100; i++) {
      session.message('x', 'y'.repeat(1000));
      await Promise.resolve().then(() => {});
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(transport.closes).toEqual([]);
  });
});

describe('an update', () => {
  it('sends the difference from the last head that the client got', async () => {
    const before = await deploy(TEXTS);
    const { session, transport } = connect();
    await session.start(hello());
    const after = await deploy({ ...TEXTS, 'leaf.js': 'export default 10;' });
    await session.update();
    const update = transport.messages.find(({ type }) => type === 'update')!;
    expect(update).toMatchObject({ deploy: after.number, manifest: after.hash, base: before.hash });
    expect(blake3(manifestBytes(applyDelta(before.manifest, update as unknown as ManifestDelta)))).toBe(
      after.hash,
    );
    expect([...packsOf(transport)[1]!.values()]).toEqual(['export default 10;']);
  });

  it('joins many deploys that come while the reader is busy, and sends the last', async () => {
    await deploy(TEXTS);
    const { session, transport } = connect({ socketHighWater: 0 });
    transport.reading = false;
    const started = session.start(hello());
    await until(() => clock.waiting === 1);
    let last = 0;
    const updates: Promise<void>[] = [];
    for (let i = 0; i < 20; i++) {
      last = (await deploy({ ...TEXTS, 'leaf.js': `export default "${i}";` })).number;
      updates.push(session.update());
    }
    transport.reading = true;
    transport.read();
    await Promise.all([started, ...updates]);
    const told = transport.messages.filter(({ type }) => type === 'update');
    expect(told).toMatchObject([{ deploy: last }]);
    expect([...packsOf(transport)[1]!.values()]).toEqual(['export default "19";']);
  });

  it('sends nothing when the client has the head', async () => {
    await deploy(TEXTS);
    const { session, transport } = connect();
    await session.start(hello());
    await session.update();
    expect(transport.types()).toEqual(['welcome', 'manifest', 'pack']);
  });
});

describe('a session', () => {
  it('counts the bytes of a boot and knows which deploy the page runs', async () => {
    const { number } = await deploy(TEXTS);
    const { session, transport } = connect();
    await session.start(hello());
    await session.receive(
      JSON.stringify({ type: 'booted', deploy: number, ms: 12, from: 'network', bytes: 0 }),
    );
    expect(booted).toEqual([
      {
        deploy: number,
        ms: 12,
        from: 'network',
        bytes: transport.sent.reduce((sum, data) => sum + data.length, 0),
      },
    ]);
    expect(session.deploy).toBe(number);
    await session.receive(JSON.stringify({ type: 'message', topic: 't', data: null }));
    expect(topics).toEqual([['t', null]]);
  });

  it('ignores messages before it starts and after it has closed', async () => {
    await deploy(TEXTS);
    const { session, transport } = connect();
    await session.receive('nonsense');
    session.receiveBinary();
    expect(transport.sent).toEqual([]);
    await session.start(hello());
    session.closed();
    const sent = transport.sent.length;
    await session.receive('nonsense');
    session.receiveBinary();
    await session.update();
    session.message('x', 1);
    expect([transport.sent.length, transport.closes.length]).toEqual([sent, 0]);
  });

  it('ends without an error when the connection breaks', async () => {
    await deploy(TEXTS);
    const { session, transport } = connect();
    transport.break();
    await session.start(hello());
    await session.update();
    expect([errors, transport.closes]).toEqual([[], []]);
  });

  it('closes with 1011 and reports the error when the store fails', async () => {
    await deploy(TEXTS);
    const { session, transport } = connect();
    await session.start(hello());
    store.visible = () => Promise.reject(new Error('disk'));
    await session.receive(
      JSON.stringify({ type: 'want', hashes: [hashOf('not in the head')], closure: false }),
    );
    expect(transport.closes).toEqual([[1011, 'internal error']]);
    expect(errors).toEqual([new Error('disk')]);
  });
});
