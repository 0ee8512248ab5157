/** main.mjs leaves this mark on the performance timeline when the first picture is up. */
export const FIRST_PICTURE = 'orrery: first picture';

const SOURCES = {
  network: 'socket',
  cache: 'cache',
  http: 'HTTP, by hash',
  native: 'plain HTTP',
};

const isNumber = (x) => typeof x === 'number' && Number.isFinite(x);

/**
 * How this page got its modules, for people: { line, rows: [[name, value]], cached }, where
 * `cached` is the part of the bytes that was cached, or null if unknown. modcast
 * reports it; without modcast, the browser's timeline does. Every field may be missing.
 */
function bootReport() {
  return fromModcast(stats()) ?? fromTimeline();
}

/** Calls back with a report now, at the first picture, and when modcast has finished booting. */
export function onBootReport(callback) {
  callback(bootReport());
  new PerformanceObserver(() => callback(bootReport())).observe({ type: 'mark', buffered: true });
  try {
    globalThis.modcast?.on?.('booted', () => callback(bootReport()));
  } catch {
    // another version's `on`: keep the first report
  }
}

function stats() {
  try {
    return globalThis.modcast?.stats?.() ?? null;
  } catch {
    return null;
  }
}

function fromModcast(told) {
  if (!told?.boot) return null;
  const { boot, modules, bytes: size } = told;
  const source = SOURCES[boot.from] ?? String(boot.from ?? 'unknown');
  const plain = boot.from === 'native' ? fromTimeline() : null;
  const known = isNumber(modules) && modules > 0 ? modules : modulesLoaded().length;
  const took = isNumber(boot.ms) ? boot.ms : null;
  const received = isNumber(size?.received) ? size.received : null;
  const kept = isNumber(size?.cached) ? size.cached : null;
  if (plain) return plain;
  return {
    line: [count(known, 'module'), source, took === null ? '' : duration(took)].filter(Boolean).join(' · '),
    rows: [
      ['Boot', source],
      ['Deploy', isNumber(boot.deploy) ? `no. ${boot.deploy}` : null],
      ['Modules', String(known)],
      ['Took', took === null ? null : duration(took)],
      ['Received', received === null ? null : bytes(received)],
      ['Already here', kept === null ? null : bytes(kept)],
    ].filter(([, value]) => value !== null),
    cached: received !== null && kept !== null && received + kept > 0 ? kept / (received + kept) : null,
  };
}

/** Modules that the browser fetched by their own URLs. */
function modulesLoaded() {
  return performance.getEntriesByType('resource').filter(({ name, initiatorType }) => {
    const { origin, pathname } = new URL(name);
    return origin === location.origin && /\.(m?js|json)$/.test(pathname) && initiatorType !== 'fetch';
  });
}

function fromTimeline() {
  const loaded = modulesLoaded();
  const size = loaded.reduce((sum, entry) => sum + (entry.encodedBodySize || 0), 0);
  const moved = loaded.reduce((sum, entry) => sum + (entry.transferSize > 0 ? entry.encodedBodySize : 0), 0);
  const [first] = performance.getEntriesByName(FIRST_PICTURE);
  const took = first ? duration(first.startTime) : null;
  return {
    line: [count(loaded.length, 'module'), SOURCES.native, took].filter(Boolean).join(' · '),
    rows: [
      ['Boot', SOURCES.native],
      ['Modules', `${loaded.length}, a request each`],
      ['Took', took],
      ['Received', bytes(moved)],
      ['Already here', bytes(size - moved)],
    ].filter(([, value]) => value !== null),
    cached: size > 0 ? 1 - moved / size : null,
  };
}

const number = new Intl.NumberFormat('en-GB');

const count = (n, one, many = `${one}s`) => `${number.format(n)} ${n === 1 ? one : many}`;

/** 512 B, 48.2 KB, 1.3 MB */
function bytes(n) {
  if (n < 1000) return `${n} B`;
  const [size, unit] = n < 1e6 ? [n / 1e3, 'KB'] : [n / 1e6, 'MB'];
  return `${size < 100 ? size.toFixed(1) : Math.round(size)} ${unit}`;
}

/** 84 ms, 1.25 s */
const duration = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`);
