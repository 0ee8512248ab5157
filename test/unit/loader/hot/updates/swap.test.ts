import { beforeEach, describe, expect, it } from 'vitest';
import { onlyModule, createSwap, type Swap } from '../../../../../loader/hot/updates/swap.js';
import type { Batch, ModuleInstance } from '../../../../../loader/hot/modules/module-instance.js';

/** The newest imports of each module. */
let imports: Record<string, string[]>;
let running: Map<string, ModuleInstance>;
/** What an import of a module does. Without one it gives the name of the instance. */
let runs: Record<string, () => unknown>;
/** Errors of `create`, by root. */
let uncreatable: Record<string, Error>;
/** What a dispose callback of an instance does. */
let disposes: Record<string, () => Promise<void>>;
let log: string[];
let swap: Swap;
let count: number;
/** Modules that the browser loads from the site: their new instances have no target. */
let withoutTarget: string[];

const instance = (url: string, target: string | undefined = `${url}#${++count}`): ModuleInstance => ({
  url,
  path: url,
  hash: url,
  target,
  name: undefined,
  imports: imports[url] ?? [],
  dynamic: new Set(),
  computed: false,
});

function create(root: string, force: ReadonlySet<string>): Batch {
  const created = new Map<string, ModuleInstance>();
  const previous = new Map<string, ModuleInstance | undefined>();
  const enter = (url: string) => {
    if (created.has(url) || (running.has(url) && !force.has(url))) return;
    created.set(url, { ...instance(url), ...(withoutTarget.includes(url) && { target: undefined }) });
    for (const next of imports[url] ?? []) enter(next);
  };
  enter(root);
  for (const [url, one] of created) {
    previous.set(url, running.get(url));
    running.set(url, one);
  }
  return { created, previous };
}

beforeEach(() => {
  imports = {};
  running = new Map();
  runs = {};
  uncreatable = {};
  disposes = {};
  log = [];
  count = 0;
  withoutTarget = [];
  swap = createSwap({
    records: { running },
    instances: {
      create: async ([root], force, unparsed) => {
        log.push(`create ${root}${unparsed === 'run' ? ' although unparsed' : ''}`);
        if (uncreatable[root!] !== undefined) throw uncreatable[root!]!;
        return create(root!, force);
      },
      import: async (url) => {
        log.push(`import ${url}`);
        return runs[url]?.() ?? running.get(url)?.target;
      },
      retire: (urls) => {
        const previous = new Map([...urls].map((url) => [url, running.get(url)]));
        for (const url of previous.keys()) running.delete(url);
        log.push(`retire ${[...previous.keys()].join(' ')}`);
        return { created: new Map(), previous };
      },
      rollBack: ({ previous }, only = () => true) => {
        for (const [url, old] of previous) {
          if (!only(url)) continue;
          if (old === undefined) running.delete(url);
          else running.set(url, old);
        }
      },
      supersede: (targets) => void log.push(`supersede ${[...targets].join(' ')}`),
    },
    contexts: {
      dispose: async (url, target) => {
        log.push(`dispose ${target}`);
        await disposes[url]?.();
      },
      drop: (target) => void log.push(`drop ${target}`),
      reach: () => {},
    },
    importers: { renew: ({ target }) => void log.push(`renew ${target}`) },
  });
});

/** Starts with these modules running. */
function start(graph: Record<string, string[]>): void {
  imports = graph;
  for (const url of Object.keys(graph)) running.set(url, instance(url, `${url}#old`));
}

const targets = () => Object.fromEntries([...running].map(([url, { target }]) => [url, target]));
const throws = (message: string) => () => {
  throw new Error(message);
};

describe('a swap', () => {
  it('creates, disposes, imports, and drops the old instances at the end', async () => {
    start({ main: ['a'], a: ['leaf'], leaf: [] });
    const result = await swap(['a'], new Set(['a', 'leaf']));
    expect(result.modules).toEqual(new Map([['a', 'a#1']]));
    expect(result.failed).toEqual([]);
    expect(targets()).toEqual({ main: 'main#old', a: 'a#1', leaf: 'leaf#2' });
    const swapped = [
      'create a',
      'dispose a#old',
      'dispose leaf#old',
      'import a',
      'renew a#1',
      'renew leaf#2',
    ];
    expect(log).toEqual(swapped);
    result.finish();
    expect(log.slice(swapped.length)).toEqual(['drop a#old', 'drop leaf#old', 'supersede a#old leaf#old']);
  });

  it('gives each root its module, and imports a root that is named twice once', async () => {
    start({ a: [], b: [] });
    const { modules } = await swap(['a', 'b', 'a'], new Set(['a', 'b']));
    expect(modules).toEqual(
      new Map([
        ['a', 'a#1'],
        ['b', 'b#2'],
      ]),
    );
    expect(log.filter((line) => line === 'import a')).toHaveLength(1);
  });

  it('creates a forced module for the first root only', async () => {
    start({ a: ['leaf'], b: ['leaf'], leaf: [] });
    await swap(['a', 'b'], new Set(['a', 'b', 'leaf']));
    expect(targets()).toEqual({ a: 'a#1', leaf: 'leaf#2', b: 'b#3' });
  });

  it('creates nothing for a root that runs and is not forced', async () => {
    start({ a: [] });
    const result = await swap(['a'], new Set());
    expect(log).toEqual(['import a']);
    expect(result.modules).toEqual(new Map([['a', 'a#old']]));
    result.finish();
    expect(targets()).toEqual({ a: 'a#old' });
    expect(log).toEqual(['import a', 'supersede ']);
  });

  it('creates synchronously', () => {
    start({ a: [] });
    void swap(['a'], new Set(['a']));
    expect(log).toEqual(['create a']);
  });

  it('does not dispose what has no target: the browser loaded it', async () => {
    start({ a: [] });
    running.set('a', { ...running.get('a')!, target: undefined });
    const result = await swap(['a'], new Set(['a']));
    result.finish();
    expect(log.filter((line) => /dispose|drop/.test(line))).toEqual([]);
    expect(log.at(-1)).toBe('supersede ');
  });

  it('disposes one instance after the other', async () => {
    start({ a: ['b'], b: [] });
    let go!: () => void;
    disposes['a'] = () => new Promise((resolve) => (go = resolve));
    const swapping = swap(['a'], new Set(['a', 'b']));
    await new Promise(setImmediate);
    expect(log).toEqual(['create a', 'dispose a#old']);
    go();
    await swapping;
    expect(log.slice(2, 4)).toEqual(['dispose b#old', 'import a']);
  });

  it('passes on how to treat modules that do not parse, and how to import', async () => {
    imports = { a: [] };
    const { modules } = await swap(['a'], new Set(), {
      unparsed: 'run',
      import: async (url) => `own ${url}`,
    });
    expect(log).toEqual(['create a although unparsed', 'renew a#1']);
    expect(modules).toEqual(new Map([['a', 'own a']]));
  });
});

describe('forced modules that no root imports', () => {
  it('stay, unless they are to be retired', async () => {
    start({ a: [], later: [] });
    const result = await swap(['a'], new Set(['a', 'later']));
    expect(targets()).toEqual({ a: 'a#1', later: 'later#old' });
    expect(result.isReplaced('later')).toBe(false);
    expect(log.some((line) => line.startsWith('retire'))).toBe(false);
  });

  it('are disposed, retired and dropped', async () => {
    start({ a: [], later: [] });
    const result = await swap(['a'], new Set(['a', 'later']), { unreached: 'retire' });
    expect(targets()).toEqual({ a: 'a#1' });
    expect(result.isReplaced('later')).toBe(true);
    expect(log).toEqual([
      'create a',
      'retire later',
      'dispose a#old',
      'dispose later#old',
      'import a',
      'renew a#1',
    ]);
    result.finish();
    expect(log.at(-1)).toBe('supersede a#old later#old');
  });

  it('stay when an instance could not be created', async () => {
    start({ a: [], later: [] });
    uncreatable['a'] = new Error('not possible');
    await swap(['a'], new Set(['a', 'later']), { unreached: 'retire' });
    expect(targets()).toEqual({ a: 'a#old', later: 'later#old' });
    expect(log).toEqual(['create a']);
  });
});

describe('a root that fails', () => {
  it('is rolled back with what it imports, and its new instances are dropped', async () => {
    start({ a: ['leaf'], leaf: [] });
    runs['a'] = throws('a fails');
    const result = await swap(['a'], new Set(['a', 'leaf']));
    expect(result.modules.size).toBe(0);
    expect(result.failed).toEqual([{ root: 'a', error: new Error('a fails') }]);
    expect(targets()).toEqual({ a: 'a#old', leaf: 'leaf#old' });
    expect(result.isReplaced('a')).toBe(false);
    expect(log.slice(-2)).toEqual(['drop a#1', 'drop leaf#2']);
    result.finish();
    expect(log.at(-1)).toBe('supersede ');
    expect(log.filter((line) => line.startsWith('renew'))).toEqual([]);
    expect(log).not.toContain('drop a#old');
  });

  it('leaves what the other roots import, also indirectly', async () => {
    start({ a: ['both', 'own'], b: ['middle'], middle: ['both'], both: [], own: [] });
    runs['a'] = throws('a fails');
    const result = await swap(['a', 'b'], new Set(['a', 'b', 'middle', 'both', 'own']));
    expect(targets()).toEqual({ a: 'a#old', own: 'own#old', b: 'b#4', middle: 'middle#5', both: 'both#2' });
    expect(result.modules).toEqual(new Map([['b', 'b#4']]));
    result.finish();
    expect(log.at(-1)).toBe('supersede both#old b#old middle#old');
  });

  it('does not keep what other roots import that has no new instance', async () => {
    start({ a: ['leaf'], b: ['kept'], leaf: [], kept: ['leaf'] });
    runs['a'] = throws('a fails');
    await swap(['a', 'b'], new Set(['a', 'b', 'leaf']));
    expect(targets()).toMatchObject({ a: 'a#old', leaf: 'leaf#old' });
  });

  it('is not imported when its instance cannot be created; the others are', async () => {
    start({ a: [], b: [] });
    uncreatable['a'] = new Error('not possible');
    const result = await swap(['a', 'b'], new Set(['a', 'b']));
    expect(result.failed).toEqual([{ root: 'a', error: uncreatable['a'] }]);
    expect(result.modules).toEqual(new Map([['b', 'b#1']]));
    expect(log).not.toContain('import a');
    expect(targets()).toEqual({ a: 'a#old', b: 'b#1' });
  });

  it('drops nothing of a new instance without a target', async () => {
    imports = { a: ['leaf'], leaf: [] };
    withoutTarget = ['leaf'];
    runs['a'] = throws('a fails');
    await swap(['a'], new Set());
    expect(log.filter((line) => line.startsWith('drop'))).toEqual(['drop a#1']);
  });

  it('is imported anyway, if the error allows it', async () => {
    uncreatable = { a: new Error('yes'), b: new Error('no') };
    const result = await swap(['a', 'b'], new Set(), {
      importsAnyway: (error) => (error as Error).message === 'yes',
    });
    expect(log).toContain('import a');
    expect(log).not.toContain('import b');
    expect(result.failed).toEqual([{ root: 'b', error: uncreatable['b'] }]);
  });

  it('fails although it was imported anyway', async () => {
    uncreatable['a'] = new Error('yes');
    runs['a'] = throws('a fails');
    const held = () => throws('there is no batch')() as never;
    const result = await swap(['a'], new Set(), { importsAnyway: () => true, held });
    expect(result.failed).toEqual([{ root: 'a', error: new Error('a fails') }]);
  });

  it('leaves what is held, and only of the root that failed', async () => {
    imports = { a: ['held', 'own'], b: ['fine'], held: [], own: [], fine: [] };
    runs['a'] = throws('a fails');
    const asked: [string[], string][] = [];
    await swap(['a', 'b'], new Set(), {
      held: ({ created }, root) => {
        asked.push([[...created.keys()], root]);
        return new Set(['held']);
      },
    });
    expect(asked).toEqual([[['a', 'held', 'own'], 'a']]);
    expect(targets()).toEqual({ held: 'held#2', b: 'b#4', fine: 'fine#5' });
  });
});

describe('a root that is given up', () => {
  const never = () => new Promise(() => {});

  it('is rolled back, and named with its import and its new instances', async () => {
    start({ a: ['leaf'], leaf: [], b: [] });
    const importing = new Promise(() => {});
    const result = await swap(['a', 'b'], new Set(['a', 'leaf', 'b']), {
      import: (url) => (url === 'a' ? importing : Promise.resolve(url)),
      superseded: Promise.resolve(),
    });
    expect([...result.pending]).toEqual([['a', importing]]);
    expect(result.pending.get('a')).toBe(importing);
    expect(result.givenUp.map(({ target }) => target)).toEqual(['a#1', 'leaf#2']);
    expect(targets()).toMatchObject({ a: 'a#old', leaf: 'leaf#old' });
    expect(result.failed).toEqual([]);
  });

  it('does not take back the roots that run', async () => {
    start({ a: [], b: [] });
    let giveUp!: () => void;
    const superseded = new Promise<void>((resolve) => (giveUp = resolve));
    runs['a'] = never;
    const swapping = swap(['a', 'b'], new Set(['a', 'b']), { superseded });
    await new Promise(setImmediate);
    giveUp();
    const result = await swapping;
    expect(result.modules).toEqual(new Map([['b', 'b#2']]));
    expect(targets()).toEqual({ a: 'a#old', b: 'b#2' });
    expect(result.givenUp.map(({ url }) => url)).toEqual(['a']);
  });

  it('does not occur when the imports settle first', async () => {
    start({ a: [] });
    const result = await swap(['a'], new Set(['a']), { superseded: new Promise(() => {}) });
    expect(result.pending.size).toBe(0);
    expect(result.givenUp).toEqual([]);
    expect(result.modules).toEqual(new Map([['a', 'a#1']]));
  });

  it('does not wait for a dispose callback either', async () => {
    start({ a: [] });
    disposes['a'] = never as () => Promise<void>;
    const result = await swap(['a'], new Set(['a']), { superseded: Promise.resolve(), import: never });
    expect([...result.pending.keys()]).toEqual(['a']);
  });
});

describe('while a swap waits for code of the page', () => {
  it('it lends its turn: for the dispose callbacks, and for the imports', async () => {
    start({ a: [] });
    const lend = async <T>(pageCode: Promise<T>): Promise<T> => {
      log.push('lend');
      const value = await pageCode;
      log.push('back');
      return value;
    };
    await swap(['a'], new Set(['a']), { lend });
    const steps = ['create a', 'dispose a#old', 'lend', 'back', 'import a', 'lend', 'back', 'renew a#1'];
    expect(log).toEqual(steps);
  });

  it('it does not lend for dispose callbacks when there is nothing to dispose', async () => {
    imports = { a: [] };
    let lent = 0;
    await swap(['a'], new Set(), { lend: (pageCode) => (lent++, pageCode) });
    expect(lent).toBe(1);
  });

  it('an instance that another swap replaces at that time is neither renewed nor kept', async () => {
    start({ a: [] });
    runs['a'] = () => {
      running.set('a', instance('a', 'a#other'));
      return 'other';
    };
    const result = await swap(['a'], new Set(['a']));
    expect(log.filter((line) => /renew|drop/.test(line))).toEqual(['drop a#1']);
    expect(result.isReplaced('a')).toBe(true);
  });
});

describe('whether a module is replaced', () => {
  it('is asked of those that ran when the swap began', async () => {
    start({ a: ['fresh'] });
    imports['fresh'] = [];
    const result = await swap(['a'], new Set(['a', 'fresh', 'unknown']));
    expect(result.isReplaced('a')).toBe(true);
    expect(result.isReplaced('fresh')).toBe(false);
    expect(result.isReplaced('unknown')).toBe(false);
    expect(result.isReplaced('other')).toBe(false);
  });
});

describe('the only module', () => {
  it('is the namespace of the root, or its failure is thrown', async () => {
    imports = { a: [] };
    expect(onlyModule(await swap(['a'], new Set()))).toBe('a#1');
    runs['a'] = throws('a fails');
    const failed = await swap(['a'], new Set());
    expect(() => onlyModule(failed)).toThrow('a fails');
  });
});
