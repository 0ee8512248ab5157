import { expect, it } from 'vitest';
import { modcast } from './program.js';

const call = async (...args: string[]) => {
  const { code, out, err } = await modcast('/', args);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  return err.trimEnd().split('\n');
};

it.each([
  [['gc', '--keep', '-1'], "option '--keep <n>': expected a whole number, found '-1'", 'modcast gc --help'],
  [
    ['log', '--time', 'noon'],
    "option '--time <style>': expected one of relative, local, iso, found 'noon'",
    'modcast log --help',
  ],
  [
    ['completion', 'csh'],
    "argument 'shell': expected one of bash, zsh, fish, found 'csh'",
    'modcast completion --help',
  ],
  [
    ['token', 'create', '--scope', 'all'],
    /^option '--scope <scope>': expected "?.*, found 'all'$/,
    'modcast token create --help',
  ],
  [['cat'], "missing required argument 'hash'", 'modcast cat --help'],
])('%j is reported in one line, with the help of that command', async (args, message, help) => {
  const [line, hint, ...more] = await call(...args);
  if (typeof message === 'string') expect(line).toBe(`modcast: ${message}`);
  else expect(line!.replace(/^modcast: /, '')).toMatch(message);
  expect(hint).toBe(`(See ${help})`);
  expect(more).toEqual([]);
});

it.each([
  [['help', 'bisekt'], "unknown command 'bisekt'", '(Did you mean bisect?)'],
  [['bisekt', '--help'], "unknown command 'bisekt'", '(Did you mean bisect?)'],
  [['help', 'token', 'creat'], "unknown command 'creat'", '(Did you mean create?)'],
])('%j: unknown command', async (args, message, suggestion) => {
  expect((await call(...args)).slice(0, 2)).toEqual([`modcast: ${message}`, suggestion]);
});

it('help with a command shows what --help shows', async () => {
  for (const words of [['log'], ['token'], ['token', 'create'], []]) {
    const asked = await modcast('/', ['help', ...words]);
    expect(asked).toEqual(await modcast('/', [...words, '--help']));
    expect(asked.code).toBe(0);
  }
});

it('names the flag, not the option of the registry', async () => {
  expect(await call('serve', '--allow-origin', 'evil')).toEqual([
    `modcast: --allow-origin: expected origins like "https://example.org", found [ 'evil' ] (option-invalid)`,
  ]);
  expect((await call('serve', '--prefix', 'a b'))[0]).toMatch(/^modcast: --prefix: expected /);
});
