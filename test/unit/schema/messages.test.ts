import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BOOT_SOURCES,
  FROM_CLIENT,
  FROM_SERVER,
  LIMITS,
  ModcastError,
  PROTOCOL_VERSION,
  encodeMessage,
  helloFromQuery,
  helloToQuery,
  parseFromClient,
  parseFromServer,
  type FromClient,
  type FromServer,
  type Hello,
} from '../../../schema/index.js';
import { coded, hash, natural, path } from './arbitraries.js';

const invalid = coded('message-invalid');
const text = fc.string({ unit: 'binary', maxLength: 60 });
const data = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);
const application = fc.record({
  type: fc.constant('message' as const),
  topic: fc.string({ minLength: 1, maxLength: LIMITS.topicLength }),
  data,
});
const helloMembers = {
  type: fc.constant('hello' as const),
  protocol: natural,
  channel: fc.constantFrom('dev', 'production', 'a.b_c-1', 'x'.repeat(64)),
  have: fc.option(hash),
  deploy: fc.option(natural),
  entries: fc.array(path, { maxLength: 5 }),
};
const hello: fc.Arbitrary<Hello> = fc.record(helloMembers);
/** One arbitrary for each type: the compiler asks for that of a new message. */
type Arbitraries<M extends { type: string }> = {
  [T in M['type']]: fc.Arbitrary<Extract<M, { type: T }>>;
};
const clientMessages: Arbitraries<FromClient> = {
  hello,
  want: fc.record({
    type: fc.constant('want' as const),
    hashes: fc.array(hash, { minLength: 1, maxLength: 5 }),
    closure: fc.boolean(),
  }),
  booted: fc.record({
    type: fc.constant('booted' as const),
    deploy: fc.option(natural),
    ms: fc.double({ min: 0, max: 1e9, noNaN: true }).map(Math.abs),
    from: fc.constantFrom(...BOOT_SOURCES),
    bytes: natural,
  }),
  failed: fc.record({
    type: fc.constant('failed' as const),
    deploy: fc.option(natural),
    stage: text,
    message: text,
  }),
  message: application,
};
const fromClient: fc.Arbitrary<FromClient> = fc.oneof(...Object.values(clientMessages));
const delta = {
  entries: fc.array(path, { maxLength: 3 }),
  importMap: fc.option(fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true, maxKeys: 3 })),
  set: fc.array(fc.tuple(path, hash, natural, fc.constant('text/css')), { maxLength: 3 }),
  delete: fc.array(path, { maxLength: 3 }),
};
const serverMessages: Arbitraries<FromServer> = {
  welcome: fc.record({
    type: fc.constant('welcome' as const),
    protocol: natural,
    deploy: natural,
    manifest: hash,
  }),
  manifest: fc.record({ type: fc.constant('manifest' as const), base: fc.option(hash), ...delta }),
  pack: fc.record({ type: fc.constant('pack' as const), id: natural, count: natural, bytes: natural }),
  update: fc.record({
    type: fc.constant('update' as const),
    deploy: natural,
    manifest: hash,
    base: hash,
    ...delta,
  }),
  error: fc.record({ type: fc.constant('error' as const), code: text, message: text }),
  message: application,
};
const fromServer: fc.Arbitrary<FromServer> = fc.oneof(...Object.values(serverMessages));

/** Members that accept any value of their type. */
const TEXTS = ['ms', 'stage', 'message', 'code', 'topic'];
const sides = [
  ['a client', fromClient as fc.Arbitrary<FromClient | FromServer>, parseFromClient, TEXTS],
  // The rows of a list are checked later, by applyDelta.
  [
    'the server',
    fromServer as fc.Arbitrary<FromClient | FromServer>,
    parseFromServer,
    [...TEXTS, 'entries', 'set', 'delete', 'importMap'],
  ],
] as const;

describe.each(sides)(
  'a message from %s',
  (_, message, parse: (data: string) => unknown, loose: readonly string[]) => {
    it('is the same after encoding and decoding', () => {
      fc.assert(
        fc.property(message, (value) => {
          expect(parse(encodeMessage(value))).toEqual(value);
        }),
        { numRuns: 300 },
      );
    });

    it('is refused if a member is missing', () => {
      fc.assert(
        fc.property(message, (value) => {
          for (const name of Object.keys(value)) {
            const { [name]: _left, ...rest } = value as Record<string, unknown>;
            expect(() => parse(JSON.stringify(rest)), name).toThrow(invalid);
          }
        }),
      );
    });

    it('is refused if a member has another type', () => {
      fc.assert(
        fc.property(message, fc.constantFrom<unknown[]>({ a: 1 }, [{}], -1, 0.5, 'ÿ'), (value, wrong) => {
          for (const name of Object.keys(value).filter((key) => key !== 'data')) {
            const old = (value as Record<string, unknown>)[name];
            const sameKind = Array.isArray(old) === Array.isArray(wrong) && typeof old === typeof wrong;
            const fits = loose.includes(name);
            if (fits && (sameKind || old === null || (name === 'ms' && wrong === 0.5))) continue;
            expect(() => parse(JSON.stringify({ ...value, [name]: wrong })), name).toThrow(invalid);
          }
        }),
      );
    });

    it.each([
      ...[
        '',
        ' ',
        '{',
        'null',
        '1',
        '"hello"',
        '[]',
        '{}',
        '{"type":1}',
        '{"type":null}',
        '{"type":"nothing"}',
      ],
      ...[
        '{"type":"toString"}',
        '{"type":"__proto__"}',
        '{"type":["hello"]}',
        '\ufeff{}',
        '{"type":"message"}\0',
      ],
    ])('is never %j', (junk) => {
      expect(() => parse(junk)).toThrow(invalid);
    });

    it('is never any other JSON, or any other text', () => {
      const types = fc.constantFrom(...Object.keys(FROM_CLIENT), ...Object.keys(FROM_SERVER));
      const typed = fc
        .tuple(types, fc.dictionary(fc.string(), fc.jsonValue()))
        .map(([type, rest]) => ({ ...rest, type }));
      const junk = fc.oneof(
        fc.string(),
        fc.jsonValue().map((value) => JSON.stringify(value)),
        typed.map((value) => JSON.stringify(value)),
      );
      fc.assert(
        fc.property(junk, (value) => {
          expect(() => parse(value)).toThrow(invalid);
        }),
        { numRuns: 500 },
      );
    });

    it('with deeply nested data of the application is read, or refused by the server', () => {
      const message = (levels: number) =>
        `{"type":"message","topic":"t","data":${'['.repeat(levels)}${']'.repeat(levels)}}`;
      expect(parse(message(LIMITS.jsonDepth - 1))).toMatchObject({ topic: 't' });
      if (parse === parseFromClient) expect(() => parse(message(5000))).toThrow(invalid);
      else expect(parse(message(5000))).toMatchObject({ topic: 't' });
    });
  },
);

describe('a client', () => {
  const refused = (value: object) => expect(() => parseFromClient(JSON.stringify(value))).toThrow(invalid);
  const first = { type: 'hello', protocol: 1, channel: 'dev', have: null, deploy: null, entries: [] };
  const a = 'a'.repeat(64);

  it('must keep within the limits', () => {
    refused({ ...first, entries: Array(LIMITS.helloEntries + 1).fill('a') });
    refused({ ...first, entries: ['../a'] });
    refused({ ...first, channel: 'Dev' });
    refused({ type: 'want', hashes: [], closure: true });
    refused({ type: 'want', hashes: Array(LIMITS.wantHashes + 1).fill(a), closure: true });
    refused({ type: 'message', topic: '', data: 1 });
    refused({ type: 'message', topic: 'x'.repeat(LIMITS.topicLength + 1), data: 1 });
    refused({ type: 'failed', deploy: 1, stage: 'x'.repeat(65), message: '' });
    refused({ type: 'failed', deploy: 1, stage: '', message: 'x'.repeat(4097) });
    refused({ type: 'booted', deploy: 1, ms: 1, from: 'elsewhere', bytes: 0 });
  });

  it('must not send unknown members', () => {
    refused({ ...first, more: 1 });
    refused({ type: 'want', hashes: [a], closure: true, paths: ['/etc/passwd'] });
    expect(() => parseFromClient('{"type":"message","topic":"t","data":1,"__proto__":{"a":1}}')).toThrow(
      invalid,
    );
  });

  it('ignores unknown members of a newer server', () => {
    const welcome = { type: 'welcome', protocol: 1, deploy: 1, manifest: a };
    expect(parseFromServer(JSON.stringify({ ...welcome, more: 1 }))).toEqual(welcome);
  });

  it('gets an error with what was expected and the start of what was found', () => {
    const error = (() => {
      try {
        return parseFromClient(JSON.stringify({ ...first, have: 'x'.repeat(1000) }));
      } catch (thrown) {
        return thrown as ModcastError;
      }
    })() as ModcastError;
    expect(error.message).toMatch(/hello: have: expected a hash/);
    expect(String(error.found).length).toBeLessThanOrEqual(80);
  });
});

describe('hello as a query', () => {
  const parse = (query: string) => helloFromQuery(new Map(new URLSearchParams(query)));

  it('is the same after encoding and decoding', () => {
    const optional = { fusion: fc.option(hash), runs: hash };
    const requiredKeys = Object.keys(helloMembers) as (keyof typeof helloMembers)[];
    const withOptional = fc.record({ ...helloMembers, ...optional }, { requiredKeys });
    fc.assert(
      fc.property(withOptional, (value) => {
        const query = helloToQuery(value);
        expect(parse(query)).toEqual(value);
        expect(new URL(`wss://site.test/-/socket?${query}`).search).toBe(`?${query}`);
      }),
      { numRuns: 300 },
    );
  });

  it('escapes what a URL escapes', () => {
    const entries = [`it's "a" <b>#c?d&e=f+g%20 \u00e4.mjs`];
    const value: Hello = { type: 'hello', protocol: 1, channel: 'dev', have: null, deploy: null, entries };
    const query = helloToQuery(value);
    expect(new URL(`wss://site.test/-/socket?${query}`).search).toBe(`?${query}`);
    expect(parse(query)).toEqual(value);
  });

  it('has no empty members', () => {
    expect(
      helloToQuery({
        type: 'hello',
        protocol: PROTOCOL_VERSION,
        channel: 'dev',
        have: null,
        deploy: null,
        entries: [],
      }),
    ).toBe('protocol=1&channel=dev');
  });

  it.each([
    ...[
      '',
      'protocol=1',
      'channel=dev',
      'protocol=&channel=dev',
      'protocol=x&channel=dev',
      'protocol=1.5&channel=dev',
    ],
    ...[
      'protocol=-1&channel=dev',
      'protocol=1e3&channel=dev',
      'protocol=0x1&channel=dev',
      'protocol=%201&channel=dev',
    ],
    'protocol=9007199254740992&channel=dev',
    ...['protocol=1&channel=', 'protocol=1&channel=Dev', 'protocol=1&channel=a/b'],
    ...[
      'have=',
      'have=1',
      'deploy=',
      'deploy=x',
      'deploy=-1',
      'deploy=null',
      'entries=',
      'entries=a',
      'entries=1',
    ].map((part) => `protocol=1&channel=dev&${part}`),
    ...['entries={}', 'entries=[1]', 'entries=["/a"]', 'entries=[null]', 'entries=null'].map(
      (part) => `protocol=1&channel=dev&${part}`,
    ),
  ])('is refused: %j', (query) => {
    expect(() => parse(query)).toThrow(invalid);
  });

  it('ignores other parameters of the URL', () => {
    expect(parse('protocol=1&channel=dev&token=x')).toMatchObject({ channel: 'dev' });
  });
});
