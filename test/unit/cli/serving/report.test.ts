import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { deployText, failureText, problemTexts, unchangedText } from '../../../../cli/serving/report.js';
import type { Deploy, Diagnostic } from '../../../../registry/index.js';
import { pathList } from '../../../../cli/output/path-list.js';
import { excerpt } from '../../../../schema/index.js';

const plain = pc.createColors(false);
const texts = (before: readonly Diagnostic[], after: readonly Diagnostic[], colours = plain) =>
  problemTexts(before, after, colours);

const syntax = (path: string, source = 'let a;\n\nlet b = ;\n\n'): Diagnostic => ({
  path,
  kind: 'syntax',
  severity: 'error',
  message: 'Unexpected token',
  line: 3,
  column: 9,
  frame: excerpt(source, 3, 9),
});
const skipped = (path: string): Diagnostic => ({
  path,
  kind: 'skipped',
  severity: 'warning',
  message: 'it is a broken link',
});

describe('the problems of a change', () => {
  it('are shown with their place and the lines around it', () => {
    expect(texts([], [syntax('lib/a.mjs'), skipped('b.mjs')])).toEqual([
      [
        'syntax lib/a.mjs:3:9 Unexpected token',
        '         1 | let a;',
        '         2 |',
        '         3 | let b = ;',
        '           |         ^',
      ].join('\n'),
      'left out b.mjs: it is a broken link',
    ]);
  });

  it('are shown once, and solved ones by their path', () => {
    const before = [syntax('a.mjs'), syntax('b.mjs')];
    expect(texts(before, [...before, skipped('c.mjs')])).toEqual(['left out c.mjs: it is a broken link']);
    expect(texts(before, [syntax('a.mjs', 'let a;\n// more\nlet b = ;')])).toEqual([
      expect.stringContaining('// more'),
      'solved b.mjs',
    ]);
    expect(texts(before, [])).toEqual(['solved a.mjs, b.mjs']);
  });

  it('are limited to ten at a time', () => {
    const many = Array.from({ length: 14 }, (_, i) => skipped(`${i}.mjs`));
    expect(texts([], many)).toHaveLength(11);
    expect(texts([], many).at(-1)).toBe('and 4 more problems');
    expect(texts(many, [])).toEqual([
      'solved 0.mjs, 1.mjs, 2.mjs, 3.mjs, 4.mjs, 5.mjs, 6.mjs, 7.mjs, 8.mjs, 9.mjs and 4 more',
    ]);
  });

  it('contain no control characters of names or sources', () => {
    const [text = ''] = texts(
      [],
      [syntax('a\u001b[31m\n.mjs', 'let\u001b]0;title\u0007 a;\r\n\n\tlet b = ;')],
    );
    expect(text).toContain('syntax a·[31m·.mjs:3:9');
    // oxlint-disable-next-line no-control-regex
    expect(text.replaceAll('\n', '')).not.toMatch(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/);
  });

  it('are highlighted in colour', () => {
    const [text = ''] = texts([], [syntax('a.mjs')], pc.createColors(true));
    const lines = text.split('\n');
    expect(lines[4]).toBe(`\u001b[31m${' '.repeat(11)}|${' '.repeat(9)}^\u001b[39m`);
    expect(lines[3]).toBe('         3 | let b = ;');
  });
});

describe('the line of a deploy', () => {
  const deploy = { number: 5, changed: 1, added: 2, removed: 0 } as Deploy;

  it('lists the paths that changed', () => {
    const paths = ['a.mjs', 'lib/b.mjs', 'main.mjs'];
    expect(deployText({ deploy, paths }, 80, plain)).toBe(
      'deploy 5 · 1 changed, 2 added · a.mjs, lib/b.mjs, main.mjs',
    );
    expect(deployText({ deploy, paths }, 55, plain)).toBe('deploy 5 · 1 changed, 2 added · a.mjs and 2 more');
    const pages = { ...deploy, changed: 0, added: 0 };
    expect(deployText({ deploy: pages, paths: [] }, 80, plain)).toBe('deploy 5 · pages changed');
  });
});

describe('a list of paths', () => {
  const many = Array.from({ length: 14 }, (_, i) => `lib/${i}.mjs`);

  it('has as many paths as fit, and the number of the others', () => {
    expect(pathList(many, 40)).toBe('lib/0.mjs, lib/1.mjs and 12 more');
    for (let width = 24; width < 200; width++)
      expect(pathList(many, width).length).toBeLessThanOrEqual(width);
    expect(pathList(many, 200)).toBe(many.join(', '));
  });

  it('has at least one path, cut at its start', () => {
    expect(pathList(['some/where/deep/inside/main.mjs'], 15)).toBe('…nside/main.mjs');
    expect(pathList(['some/where/deep/inside/main.mjs', 'b.mjs'], 0)).toBe('…de/main.mjs and 1 more');
    expect(pathList(['a\u001b[31m.mjs'], 40)).toBe('a·[31m.mjs');
  });
});

it('says why a page is served without the loader (csp-self)', () => {
  expect(unchangedText('index.html', 'inline-script', "script-src 'self'", plain)).toBe(
    "as is  index.html is served as it is: its policy allows no inline script; give its scripts a nonce, which modcast uses too (script-src 'self')",
  );
  expect(unchangedText('a\u001b.html', 'shadow-root', null, plain)).not.toContain('\u001b');
});

describe('a failure that a page reports', () => {
  it('is shown with the source excerpt of a failed module', () => {
    const message = `lib/a.mjs:3:9 Error: at start\n${excerpt('let a;\n\nlet b = x;\n\n', 3, 9)}`;
    expect(failureText({ stage: 'module', message }, plain)).toBe(
      [
        'page   lib/a.mjs:3:9 Error: at start',
        '         1 | let a;',
        '         2 |',
        '         3 | let b = x;',
        '           |         ^',
      ].join('\n'),
    );
    expect(failureText({ stage: 'module', message: 'a.mjs broken' }, plain)).toBe('page   a.mjs broken');
  });

  it('is shown with its stage, without control characters', () => {
    expect(failureText({ stage: 'boot-failed', message: 'no\u001b[31m' }, plain)).toBe(
      'page   no·[31m (boot-failed)',
    );
  });
});
