import { readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';
import { describe, expect, it } from 'vitest';

const MANIFEST = 'a'.repeat(64);
const DEPLOY = { manifest: MANIFEST, importMap: null, url: 'https://host/-/worker.js', root: '../' };

/** A paint worklet has no globals but those of the language. */
describe('in a worklet without globals of a browser', () => {
  it.each(['worker', 'worker-hot'])('%s.js defines what linked modules call', (name) => {
    const script = readFileSync(new URL(`../../../../dist/loader/${name}.js`, import.meta.url), 'utf8');
    const realm = createContext({});
    runInContext(`const __modcast_deploy__ = ${JSON.stringify(DEPLOY)};\n${script}`, realm);
    const url = `https://host/paint.mjs?modcast=${MANIFEST}`;
    const meta = runInContext(`__modcast__(${JSON.stringify(url)}).meta({}).url`, realm) as string;
    expect(meta).toBe('https://host/paint.mjs');
  });
});
