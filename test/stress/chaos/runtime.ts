/** A message from a page's module to the test: it started to run, or it found an error. */
export interface Report {
  readonly kind: 'enter' | 'wrong';
  readonly path: string;
  readonly version: string;
}

/** An instance of a module, as its export `self`. */
interface Self {
  readonly path: string;
  readonly version: string;
  readonly accepts: string;
  readonly deps: Record<string, unknown>;
}

export interface PageState {
  readonly page: string | undefined;
  readonly note: string | undefined;
  readonly script: string | undefined;
  readonly sheet: string;
  /**
   * For each module in use, from the main module on: its version, and the version behind each specifier.
   */
  readonly modules: Record<string, { readonly version: string; readonly deps: Record<string, string> }>;
  /** Number of pending `import()` calls of these modules. */
  readonly pending: number;
  readonly wrong: readonly string[];
  readonly overlay: string | null;
}

declare global {
  var chaos: { state(main: string): PageState; retry(): void } & Record<string, unknown>;
  var chaosReport: (report: Report) => Promise<void>;
  /** The worker of a page whose modules run in one. */
  var chaosWorker: Worker | undefined;
}

/**
 * Runs in each document before its scripts, and in a worker before its other modules, and defines the functions
 * that modules call. Its source text is sent, so it cannot use variables from outside.
 */
export function installChaos(): void {
  const isWorker = globalThis.document === undefined;
  const current = new Map<string, Self>();
  /** Failed `import()` calls, to retry later. */
  const failed = new Map<Self, Map<string, () => Promise<unknown>>>();
  /** Number of pending `import()` calls per instance. */
  const pending = new Map<Self, number>();
  const count = (self: Self, more: number) => pending.set(self, (pending.get(self) ?? 0) + more);
  const report = (kind: Report['kind'], { path, version }: { path: string; version: string }) =>
    void chaosReport({ kind, path, version });

  const load = (self: Self, name: string, importer: () => Promise<unknown>) => {
    count(self, 1);
    void importer()
      .then(
        (module) => {
          self.deps[name] = module;
          failed.get(self)?.delete(name);
        },
        (error: unknown) => {
          self.deps[name] = `failed: ${String(error)}`;
          failed.set(self, (failed.get(self) ?? new Map()).set(name, importer));
        },
      )
      .finally(() => count(self, -1));
  };

  /** Who stands for an instance now: one that accepts itself has its importers keep the old one. */
  const now = (self: Self): Self =>
    self.accepts.startsWith('itself') ? (current.get(self.path) ?? self) : self;

  const instanceOf = (held: unknown): Self | string => {
    if (typeof held === 'string') return held;
    if (globalThis.CSSStyleSheet !== undefined && held instanceof CSSStyleSheet)
      return (held.cssRules[0] as CSSStyleRule).style.getPropertyValue('--version').trim();
    if (typeof (held as { version?: unknown }).version === 'string')
      return (held as { version: string }).version;
    try {
      const module = held as { self?: Self; default?: unknown };
      return module.self === undefined ? instanceOf(module.default ?? 'nothing') : now(module.self);
    } catch (error) {
      return `has not run: ${String(error)}`;
    }
  };

  const state = (main: string): PageState => {
    const modules: Record<string, { version: string; deps: Record<string, string> }> = {};
    const wrong: string[] = [];
    const seen = new Map<string, Self>();
    const start = current.get(main);
    const queue = start === undefined ? [] : [start];
    for (const self of queue) {
      const known = seen.get(self.path);
      if (known !== undefined && known !== self)
        wrong.push(`two instances of ${self.path}: ${known.version}, ${self.version}`);
      if (known !== undefined) continue;
      seen.set(self.path, self);
      const deps: Record<string, string> = {};
      modules[self.path] = { version: self.version, deps };
      for (const [name, held] of Object.entries(self.deps)) {
        const found = instanceOf(held);
        deps[name] = typeof found === 'string' ? found : found.version;
        if (typeof found !== 'string') queue.push(found);
      }
    }
    return {
      page: globalThis.chaos['page'] as string | undefined,
      note: globalThis.chaos['note'] as string | undefined,
      script: globalThis.chaos['script'] as string | undefined,
      sheet: isWorker ? '' : getComputedStyle(document.documentElement).getPropertyValue('--version').trim(),
      modules,
      // Only instances in use count: a replaced one may have an import that never settles.
      pending: [...seen.values()].reduce((sum, self) => sum + (pending.get(self) ?? 0), 0),
      wrong,
      overlay: isWorker ? null : (document.querySelector('modcast-overlay')?.shadowRoot?.textContent ?? null),
    };
  };

  globalThis.chaos = {
    enter(url: string, version: string, accepts: string, deps: Record<string, unknown>): Self {
      const self = { path: new URL(url).pathname.slice(1), version, accepts, deps: { ...deps } };
      report('enter', self);
      return self;
    },
    leave(self: Self) {
      current.set(self.path, self);
    },
    fail: (self: Self, what: string) =>
      report('wrong', { path: self.path, version: `${self.version} ${what}` }),
    take(self: Self, names: readonly string[], modules: readonly unknown[]) {
      names.forEach((name, i) => {
        const module = modules[i] as { default?: unknown; self?: unknown } | undefined;
        if (module !== undefined) self.deps[name] = name.endsWith('.mjs') ? module : module.default;
      });
    },
    load,
    moment: () => new Promise((resolve) => setTimeout(resolve, 5)),
    retry() {
      for (const [self, all] of failed) {
        const retries = [...all];
        all.clear();
        if ([...current.values()].includes(self))
          for (const [name, importer] of retries) load(self, name, importer);
      }
    },
    state,
  };
}
