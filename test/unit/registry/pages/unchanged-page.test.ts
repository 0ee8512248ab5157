import { describe, expect, it } from 'vitest';
import { explainUnchanged } from '../../../../registry/pages/unchanged-page.js';

const meta = (policy: string) => `<meta http-equiv="Content-Security-Policy" content="${policy}">`;
const MODULE = '<script type="module" src="a.mjs"></script>';
const explain = (head: string) =>
  explainUnchanged(Buffer.from(`<head>${head}${MODULE}`), '/-/notice.js?reason=');
const noticeOf = (head: string) => Buffer.from(explain(head)?.withNotice ?? []).toString();

describe('a page that is served as it is', () => {
  it.each([
    ["script-src 'self'", 'inline-script', "script-src 'self'"],
    ["default-src 'self'; img-src *", 'inline-script', "default-src 'self'"],
    [
      "script-src 'self' 'unsafe-inline' 'sha256-aaaa'",
      'inline-script',
      "script-src 'self' 'unsafe-inline' 'sha256-aaaa'",
    ],
    [
      "script-src 'unsafe-inline' https://cdn.test",
      'own-script',
      "script-src 'unsafe-inline' https://cdn.test",
    ],
    ["require-trusted-types-for 'script'", 'trusted-types', "require-trusted-types-for 'script'"],
  ])('has a reason with its directive: %s', (policy, code, directive) => {
    expect(explain(meta(policy))).toMatchObject({ code, directive });
  });

  it('has another reason without one', () => {
    const root = `<div><template shadowrootmode="open">${MODULE}</template></div>`;
    expect(explain(`${root}`)).toMatchObject({ code: 'shadow-root' });
    expect(explainUnchanged(Buffer.from([0xff, 0xfe, 0x3c, 0]))).toEqual({ code: 'encoding' });
  });

  it.each([
    '<meta charset=ISO-2022-JP>',
    '<meta charset=" csISO2022JP ">',
    '<META http-equiv=content-type content="text/html; CHARSET = \'iso-2022-jp\'">',
  ])('is in an encoding in which a part of a character may look like a tag: %s', (declared) => {
    expect(explain(declared)).toEqual({ code: 'encoding' });
  });

  it('is not in another encoding of Japanese', () => {
    expect(explain('<meta charset=shift_jis>')).toBeUndefined();
    expect(explain('<meta name=description content="charset of iso-2022-jp">')).toBeUndefined();
  });

  it('has none if its author wants it, or the loader is in it', () => {
    expect(explain('<meta name="modcast" content="off">')).toBeUndefined();
    expect(explain(meta("script-src 'self' 'unsafe-inline'"))).toBeUndefined();
    expect(explainUnchanged(Buffer.from(''))).toBeUndefined();
  });
});

describe('the script that tells the console', () => {
  it('is first in the head, where all policies allow it', () => {
    const policy = meta("script-src 'self'");
    expect(noticeOf(policy)).toBe(
      `<head><script async src="/-/notice.js?reason=inline-script"></script>${policy}${MODULE}`,
    );
    expect(noticeOf(policy + meta("script-src 'nonce-abc'"))).toBe('');
  });

  it.each([
    "script-src 'none'",
    "script-src 'nonce-abc'",
    "script-src 'self' 'strict-dynamic'",
    "script-src 'sha256-aaaa'",
  ])('is left out where a policy forbids it: %s', (policy) => {
    expect(explain(meta(policy))).toMatchObject({ code: 'inline-script' });
    expect(noticeOf(meta(policy))).toBe('');
  });

  it('is left out where nothing is watched', () => {
    expect(explainUnchanged(Buffer.from(meta("script-src 'self'")))).toEqual({
      code: 'inline-script',
      directive: "script-src 'self'",
    });
  });
});
