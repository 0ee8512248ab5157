import { beforeEach, expect, it } from 'vitest';
import type { ModuleInstance } from '../../../../../../loader/hot/modules/module-instance.js';
import { PendingImports } from '../../../../../../loader/hot/updates/stalled/pending-imports.js';

interface Call {
  readonly options: ImportCallOptions | undefined;
  readonly resolve: (module: unknown) => void;
  readonly reject: (error: unknown) => void;
}

let running: Map<string, ModuleInstance>;
let calls: Call[];
let imports: PendingImports;

const run = (target: string) => running.set('a', { url: 'a', target } as ModuleInstance);

beforeEach(() => {
  running = new Map();
  calls = [];
  const instances = {
    import: (_url: string, options?: ImportCallOptions) =>
      new Promise<unknown>((resolve, reject) => calls.push({ options, resolve, reject })),
  };
  imports = new PendingImports({ running }, instances);
});

it('resolves and rejects as the import does', async () => {
  run('a#1');
  const [first, second] = [imports.import('a', undefined), imports.import('a', undefined)];
  calls[0]!.resolve('module');
  calls[1]!.reject(new Error('no'));
  expect(await first).toBe('module');
  await expect(second).rejects.toThrow('no');
});

it('continues with the current instance when the awaited one was replaced', async () => {
  run('a#1');
  const options = { with: { type: 'json' } };
  const importing = imports.import('a', options);
  run('a#2');
  imports.redirect();
  expect(calls.map((call) => call.options)).toEqual([options, options]);
  calls[1]!.resolve('second');
  expect(await importing).toBe('second');
});

it('continues each time the instance is replaced', async () => {
  run('a#1');
  const importing = imports.import('a', undefined);
  run('a#2');
  imports.redirect();
  run('a#3');
  imports.redirect();
  calls[2]!.resolve('third');
  expect(await importing).toBe('third');
});

it('stays with its instance while that runs, or while none runs', () => {
  run('a#1');
  void imports.import('a', undefined);
  imports.redirect();
  running.clear();
  imports.redirect();
  expect(calls).toHaveLength(1);
});

it('does not import again what has settled', async () => {
  run('a#1');
  const importing = imports.import('a', undefined);
  calls[0]!.resolve('module');
  await importing;
  run('a#2');
  imports.redirect();
  expect(calls).toHaveLength(1);
});

it('leaves an import without an instance to the browser', () => {
  void imports.import('a', undefined);
  run('a#1');
  imports.redirect();
  expect(calls).toHaveLength(1);
});

it('continues an import that began before it was known what runs', async () => {
  let resolve!: (module: unknown) => void;
  const importing = imports.addEarly('a', undefined, new Promise((settle) => (resolve = settle)));
  run('a#1');
  imports.redirect();
  expect(calls).toHaveLength(0);
  imports.identify();
  imports.redirect();
  expect(calls).toHaveLength(0);
  run('a#2');
  imports.redirect();
  resolve('first');
  calls[0]!.resolve('second');
  expect(await importing).toBe('second');
});
