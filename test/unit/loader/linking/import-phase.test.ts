import { expect, it } from 'vitest';
import { lexModule } from '../../../../importmap/lex.js';
import { hasImportPhase } from '../../../../loader/linking/import-phase.js';
import { bytesOf } from '../fakes.js';

it.each([
  ['import source s from "./f.wasm"', true],
  ["import defer * as later from './m.mjs'", true],
  ["import { a } from './a.mjs';\nimport  source\n s from\n'./f.wasm'", true],
  ['import source from from "./f.wasm"', true],
  ['import source from "./m.mjs"', false],
  ['import defer, { source } from "./m.mjs"', false],
  ['import { source } from "./m.mjs"', false],
  ['import * as source from "./m.mjs"', false],
  ['import "./m.mjs"; export { source } from "./m.mjs"', false],
  ['import.source("./f.wasm")', false],
])('import phases: %s', (source, expected) => {
  const bytes = bytesOf(source);
  expect(hasImportPhase(bytes, lexModule(bytes))).toBe(expected);
});
