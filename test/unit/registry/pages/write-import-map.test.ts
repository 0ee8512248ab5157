import { describe, expect, it } from 'vitest';
import { writeImportMap } from '../../../../registry/pages/write-import-map.js';

const MAP = { imports: { a: '/npm/a@2.0.0/a.js' } };
const LINKS = ['<link rel="modulepreload" href="/npm/a@2.0.0/a.js">'];
const write = (html: string, map = MAP, links: string[] = []) =>
  Buffer.from(writeImportMap(Buffer.from(html), map, links)).toString();

const mapOf = (html: string): unknown =>
  JSON.parse(/<script type="importmap">(.*?)<\/script>/s.exec(html)![1]!);

describe('writing an import map into a page', () => {
  it('adds it before the first script', () => {
    const html = write('<!doctype html><head><script type="module">1</script></head>');
    expect(html).toMatch(
      /^<!doctype html><head>\n<script type="importmap">\n.*\n<\/script><script type="module">/s,
    );
    expect(mapOf(html)).toEqual(MAP);
  });

  it('twice changes nothing', () => {
    for (const links of [[], LINKS]) {
      const once = write('<head><title>é</title></head>', MAP, links);
      expect(write(once, MAP, links)).toBe(once);
    }
  });

  it('keeps the author’s rules, and replaces those of packages', () => {
    const own = {
      imports: { own: './own.js', a: '/npm/a@1.0.0/a.js', gone: 'https://esm.sh/*gone@1.0.0' },
      scopes: { '/npm/a@1.0.0/': { b: './npm/b@1.0.0/b.js' }, '/lib/': { c: '/c.js' } },
    };
    const html = write(`<head><script type="importmap">${JSON.stringify(own)}</script></head>`);
    expect(mapOf(html)).toEqual({
      imports: { own: './own.js', a: '/npm/a@2.0.0/a.js' },
      scopes: { '/lib/': { c: '/c.js' } },
    });
  });

  it('replaces the links of the last time, and removes them without links', () => {
    const plain = write('<head></head>');
    const linked = write(plain, MAP, LINKS);
    expect(linked.match(/modulepreload/g)).toHaveLength(1);
    expect(write(linked, MAP, ['<link rel="modulepreload" href="/x.js">'])).not.toContain('a.js">');
    expect(write(linked)).toBe(plain);
  });

  it('refuses a page whose map is not JSON, and one in UTF-16', () => {
    expect(() => write('<script type="importmap">{</script>')).toThrow(
      expect.objectContaining({ code: 'importmap-invalid' }),
    );
    expect(() => writeImportMap(Buffer.from([0xff, 0xfe, 60, 0]), MAP, [])).toThrow(
      expect.objectContaining({ code: 'option-invalid' }),
    );
  });
});
