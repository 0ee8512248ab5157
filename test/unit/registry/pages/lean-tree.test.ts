import fc from 'fast-check';
import { parse, type DefaultTreeAdapterTypes as Tree } from 'parse5';
import { expect, it } from 'vitest';
import { leanTree } from '../../../../registry/pages/lean-tree.js';

const PIECES = (
  '<p>|</p>|<table>|</table>|<tr>|<td>|text| |\n|<script>|</script>|<script type=module>|<script/>|<svg>|</svg>|<template>|' +
  '<template shadowrootmode=open>|</template>|<head>|</head>|<body>|</body>|<html>|</html>|<!--c-->|<!doctype html>|<meta a=b>|' +
  '<link rel=x>|<base href=x>|<b>|</b>|<select>|<option>|<noscript>|</noscript>|<title>|</title>|<style>|</style>|<frameset>|<a>|' +
  '<textarea>|<math>|<mi>|&amp;|<plaintext>|<iframe>|</iframe>|<form>|<button>|</br>|<!--|-->'
).split('|');

const PLACED = ['html', 'head', 'script', 'link', 'meta', 'base', '#comment', '#documentType'];

/** Each node with its depth, and its place where that is kept. */
function shape(node: Tree.Node, depth = 0): unknown[] {
  const place =
    'sourceCodeLocation' in node && PLACED.includes(node.nodeName) ? node.sourceCodeLocation : null;
  const content = 'content' in node ? [node.content] : [];
  const children = 'childNodes' in node ? node.childNodes : [];
  return [
    [node.nodeName, depth, place],
    ...[...children, ...content].flatMap((child) => shape(child, depth + 1)),
  ];
}

it('is the tree of the parser, with the places of the same elements', () => {
  const options = { sourceCodeLocationInfo: true, scriptingEnabled: true };
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...PIECES), { maxLength: 25 }), (pieces) => {
      const html = pieces.join('');
      expect(shape(parse(html, { ...options, treeAdapter: leanTree }))).toEqual(shape(parse(html, options)));
    }),
    { numRuns: 500 },
  );
});
