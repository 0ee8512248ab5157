import { beforeEach, expect, it } from 'vitest';
import type { HotError } from '../../../../../loader/hot/api.js';
import { Problems } from '../../../../../loader/hot/errors/problems.js';
import type { Diagnostic } from '../../../../../schema/diagnostic.js';

let shown: string[];
let reported: string[];
let problems: Problems;
beforeEach(() => {
  shown = reported = [];
  problems = new Problems({
    show: (errors) => void (shown = errors.map(({ message }) => message)),
    report: (errors) => void (reported = errors.map(({ message }) => message)),
    isUsed: ({ path }) => path === 'main.mjs' || path === 'index.html',
    reaches: (path, other) => path === 'main.mjs' && other === 'lib/a.mjs',
  });
});

const problem = (path: string, kind: Diagnostic['kind'] = 'import'): Diagnostic => ({
  path,
  kind,
  severity: 'error',
  message: `${path} ${kind}`,
  line: 3,
  column: 1,
});
const error = (message: string, line?: number, file = 'main.mjs'): HotError => ({
  message,
  stack: message,
  id: file,
  ...(line === undefined ? {} : { loc: { file, line, column: 1 } }),
});

it('a problem of the server explains an error without a place, of its file or of an importer of it', () => {
  problems.addLasting(error('failed to fetch'));
  expect(reported).toEqual(['failed to fetch']);
  problems.setFiles([problem('lib/a.mjs'), problem('other.mjs')]);
  expect(shown).toEqual(['lib/a.mjs import']);
  expect(reported).toEqual([]);
  problems.setFiles([]);
  expect(shown).toEqual(['failed to fetch']);
});

it('an error that the server explained is not reported when its problem is solved: the new version comes', () => {
  problems.addLasting(error('failed to fetch'));
  problems.setFiles([problem('lib/a.mjs')]);
  problems.setFiles([]);
  expect(reported).toEqual([]);
  problems.setErrors([error('another')]);
  expect(reported).toEqual(['another']);
});

it('an error with a place is explained by a problem there, or by a file that does not parse', () => {
  problems.setErrors([error('here', 3), error('elsewhere', 4)]);
  problems.setFiles([problem('main.mjs')]);
  expect(shown).toEqual(['main.mjs import', 'elsewhere']);
  problems.setFiles([problem('main.mjs', 'syntax')]);
  expect(shown).toEqual(['SyntaxError: main.mjs syntax']);
});

it('a broken import map explains that a bare specifier does not resolve', () => {
  problems.addLasting(error('TypeError: Failed to resolve module specifier "dep"', 2));
  problems.addLasting(error('Error: of its own', 5));
  problems.setFiles([problem('index.html', 'importmap')]);
  expect(shown).toEqual(['Import map: index.html importmap', 'Error: of its own']);
});

it('an error because of which several entries failed is shown once, and stays after an update', () => {
  problems.addLasting(error('thrown', 3, 'lib/a.mjs'));
  problems.addLasting(error('thrown', 3, 'lib/a.mjs'));
  problems.setErrors([]);
  expect(shown).toEqual(['thrown']);
});

it('the errors of a worker stay until it has others, beside those of the page', () => {
  problems.setErrors([error('in a worker')], 'one');
  problems.setErrors([error('in the page')]);
  expect(shown).toEqual(['in a worker', 'in the page']);
  problems.setErrors([]);
  expect(shown).toEqual(['in a worker']);
  problems.setErrors([], 'one');
  expect(shown).toEqual([]);
});
