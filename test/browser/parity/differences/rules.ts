import type { Observations } from '../harness.js';

export const map = (observations: Observations, change: (text: string) => string): unknown =>
  JSON.parse(JSON.stringify(observations), (_key, value: unknown) =>
    typeof value === 'string' ? change(value) : value,
  );

/** `./leaf.mjs` and `https://site/lib/leaf.mjs` are one specifier, relative or as its natural URL. */
export const specifiers = (text: string): string =>
  text.replace(/(['"])(?:https:\/\/site|\.{1,2})\/(?:[^'"]*\/)?([^'"/]+)\1/g, '$1$2$1');

/** With natural URLs in place of the targets of the import map. Only one module, `fine.mjs`, runs from memory. */
export const targets = (text: string): string =>
  specifiers(
    text
      .replace(/blob:https:\/\/site\/[\da-f-]{36}|data:\S*;modcast=\S+/g, 'https://site/fine.mjs')
      .replace(/https:\/\/site\/-\/modules\/[\da-f]{64}\//g, 'https://site/')
      .replaceAll('@/', '@https://site/'),
  );

export const columns = (text: string): string => text.replace(/(https:\/\/site\/[^\s):]*:\d+):\d+/g, '$1');

export const loaderFrames = (text: string): string =>
  text
    .split('\n')
    .filter((line) => !/\/-\/(?:fused-)?loader\.js|modcast\/guard\.js/.test(line))
    .join('\n')
    .replace(/\d+ line\(s\)/g, 'lines');

export const unlinked = (text: string): string =>
  text
    .replace(/__modcast__\("[^"]*"\)\.meta\(import\.meta\)/g, 'import.meta')
    .replace(/__modcast__\("[^"]*"\)\.import\(/g, 'import(')
    .replace(/__modcast__\(\.\.\.\)\.meta\(\.\.\.\)/g, '(intermediate value)')
    .replace(/\n+\/\/# sourceURL=\S+$/, '')
    .replace(/import ("|')(?:https:\/\/site|\.)\/(\w+\.mjs)\1/g, 'import $2');

export const withoutLog =
  (...parts: (string | RegExp)[]) =>
  (observations: Observations): unknown => ({
    ...observations,
    log: observations.log.filter((entry) => !parts.some((part) => String(entry).search(part) >= 0)),
  });

export const stack = (observations: Observations): unknown =>
  map(observations, (text) => columns(loaderFrames(unlinked(text))));

/** What a page logs may depend on when a module runs; it has to end all the same. */
export const withoutOrder = ({ log, ...rest }: Observations): unknown => ({
  ...rest,
  done: log.includes('done'),
});
