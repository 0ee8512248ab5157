import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseTagName } from '../../../../registry/history/tags.js';

const reasonOf = (name: string): string | undefined => {
  try {
    parseTagName(name);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
};

/** As `git tag` decides: `check-ref-format` knows nothing of "-" at the start. */
const gitTakes = (name: string): boolean =>
  !name.startsWith('-') && spawnSync('git', ['check-ref-format', `refs/tags/${name}`]).status === 0;

/** These are refs of modcast, which git does not have. */
const isOwnReason = (reason: string | undefined): boolean =>
  /a number is a deploy|a ref of its own|digits of a hash/.test(reason ?? '');

it('a tag’s name is one that git takes', () => {
  const unit = fc.constantFrom(...Array.from('av1.-/@{}~^:?*[\\ \t\n\x7f"#é日🦀'), '..', '.lock', '@{', '//');
  fc.assert(
    fc.property(fc.array(unit, { minLength: 1, maxLength: 5 }), (parts) => {
      const name = parts.join('');
      const reason = reasonOf(name);
      if (!isOwnReason(reason)) expect([name, reason === undefined]).toEqual([name, gitTakes(name)]);
    }),
    { numRuns: 300 },
  );
});
