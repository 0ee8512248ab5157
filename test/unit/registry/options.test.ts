import { describe, expect, it } from 'vitest';
import { resolveOptions, type RegistryOptions } from '../../../registry/options.js';
import { ModcastError } from '../../../schema/index.js';

const resolve = (options: Record<string, unknown>) => resolveOptions(options as RegistryOptions, 'ada');

function refused(options: Record<string, unknown>): ModcastError {
  try {
    resolve(options);
  } catch (error) {
    expect(error).toBeInstanceOf(ModcastError);
    expect((error as ModcastError).code).toBe('option-invalid');
    return error as ModcastError;
  }
  throw new Error('it was accepted');
}

describe('the defaults', () => {
  it('are the documented ones', () => {
    expect(resolve({})).toEqual({
      directory: null,
      fuse: true,
      serveHead: false,
      single: false,
      database: 'modcast.db',
      channel: 'dev',
      prefix: '/-/',
      base: '/',
      trustProxy: false,
      include: ['**/*.{js,mjs,json,css,html,ts,mts,tsx,jsx}'],
      exclude: ['**/node_modules/**'],
      packages: true,
      conditions: ['browser', 'module', 'import'],
      watch: true,
      boot: 'fresh',
      timeout: 500,
      keepDeploys: 1000,
      overlay: true,
      progress: false,
      allowedHosts: [],
      allowedOrigins: [],
      author: 'ada',
      offline: false,
      publicHistory: false,
      clients: 10_000,
      transforms: [],
    });
  });

  it('put the database into the directory; channels other than dev boot runs from the cache and keep all deploys', () => {
    expect(resolve({ directory: 'site', channel: 'production' })).toMatchObject({
      database: 'site/.modcast/registry.db',
      boot: 'cached',
      keepDeploys: 0,
    });
  });
});

describe('an option that does not exist', () => {
  it.each([
    ['direcotry', 'directory'],
    ['allowedHost', 'allowedHosts'],
    ['Channel', 'channel'],
    ['time-out', 'timeout'],
  ])('%s is refused, with %s suggested', (name, right) => {
    const error = refused({ [name]: 'x' });
    expect(error.message).toContain(`did you mean "${right}"?`);
    expect(error).toMatchObject({ expected: right, found: name });
  });

  it.each(['constructor', 'toString', 'hasOwnProperty'])(
    '%s is refused, though every object has it',
    (name) => {
      expect(refused({ [name]: 1 }).found).toBe(name);
    },
  );

  it('unlike every name gets no suggestion', () => {
    expect(refused({ entirelyElsewhere: 1 }).message).not.toContain('did you mean');
  });
});

describe('a wrong value is refused', () => {
  const wrong: Record<string, unknown[]> = {
    directory: ['', 7, ['site'], {}],
    database: ['', 7, {}],
    channel: ['', 'Dev', '-x', 'a/b', 'x'.repeat(65), 5, {}, ['dev']],
    prefix: ['', '/', '-', '/-', '-/', '//', '/a b/', '/../', '/a/../b/', '/./', ['/-/'], 5],
    base: ['', 'app', '/app', 'app/', '//', '/a b/', '/../', ['/app/']],
    trustProxy: ['yes', 1],
    include: ['*.js', [1], [''], {}],
    exclude: ['*.js', [1], ['']],
    watch: [
      'yes',
      1,
      {},
      { poll: 0 },
      { poll: -1 },
      { poll: '300' },
      { poll: 1.5 },
      { pol: 300 },
      { poll: 1, x: 1 },
    ],
    boot: ['', 'fast', true],
    timeout: [-1, NaN, Infinity, '500'],
    packages: ['no', 0],
    conditions: ['browser', [1], ['']],
    overlay: ['no', 0],
    progress: ['yes', 1],
    allowedHosts: ['example.org', ['example.org:80'], ['http://example.org'], ['a b'], [7], ['*']],
    allowedOrigins: [
      'https://example.org',
      ['example.org'],
      ['https://example.org/'],
      ['https://example.org/a'],
      ['null'],
      ['*'],
      ['file:///'],
      [7],
    ],
    author: ['', 7],
    clients: [0, -1, 1.5, NaN, '10', Infinity, 1n],
    transforms: ['a', [{}], [{ name: 'a', version: '1', filter: () => true }]],
  };
  it.each(Object.entries(wrong).flatMap(([name, values]) => values.map((value) => [name, value])))(
    '%s: %o',
    (name, value) => {
      const error = refused({ [name as string]: value });
      expect(error.message).toMatch(new RegExp(`^${name as string}: expected .+, found `));
      expect(error.found).toBe(value);
    },
  );
});

it('accepts valid options', () => {
  const right = {
    directory: 'x',
    fuse: false,
    serveHead: false,
    single: 'app.html',
    database: ':memory:',
    channel: 'a.b_c-1',
    prefix: '/a/.b/~c/',
    base: '/app/',
    trustProxy: true,
    include: ['**/*'],
    exclude: [],
    watch: { poll: 300 },
    boot: 'cached',
    timeout: 0,
    overlay: false,
    progress: true,
    allowedHosts: ['Example.org', 'a-b.test'],
    allowedOrigins: ['https://example.org', 'http://localhost:8080'],
    author: 'grace',
    offline: 'all',
    publicHistory: true,
    clients: 1,
    transforms: [{ name: 'a', version: '1', filter: () => true, transform: () => null }],
    keepDeploys: 5,
    packages: false,
    conditions: ['worker'],
  };
  expect(resolve(right)).toEqual(right);
});

it.each([[null], ['public'], [['public']], [1]])('refuses options that are not an object: %j', (wrong) => {
  expect(refused(wrong as never)).toMatchObject({ expected: 'an object', found: wrong });
});
