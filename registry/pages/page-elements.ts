import { html as standard, parse, parseFragment, type DefaultTreeAdapterTypes as Tree } from 'parse5';
import { leanTree } from './lean-tree.js';

/** A span of bytes, `end` not included. */
export interface Range {
  start: number;
  end: number;
}

/** A page's bytes, and its elements that decide which modules it loads. */
export interface ParsedPage {
  /** The page without its byte order mark; all offsets count from here. */
  bytes: Buffer;
  /**
   * In document order. Elements that a browser ignores (in templates, comments, `<noscript>`) are not listed.
   */
  elements: PageElement[];
  /** Where an inserted tag becomes the first child of `<head>` and nothing else moves. Undefined: nowhere. */
  headOffset: number | undefined;
}

const UTF8_BOM = Buffer.from([0xef, 0xbb, 0xbf]);
const UTF16_BOMS = [Buffer.from([0xfe, 0xff]), Buffer.from([0xff, 0xfe])];

const TAGS: ReadonlySet<string> = new Set(['script', 'link', 'meta', 'base']);
const { HTML, SVG } = standard.NS;

/**
 * Parses a page as a browser with scripting does. The parser reads latin1, so its offsets are byte offsets.
 * Attributes and text are decoded as UTF-8 on access.
 */
export function parsePage(bytes: Buffer): ParsedPage {
  const source = bytes.toString('latin1');
  const document = parse(source, {
    sourceCodeLocationInfo: true,
    scriptingEnabled: true,
    treeAdapter: leanTree,
  });
  const elements = findElements(document, bytes);
  elements.sort((a, b) => a.start - b.start);
  return { bytes, elements, headOffset: findHeadOffset(document, source) };
}

/** The page without a UTF-8 byte order mark. Undefined for UTF-16, which always has one. */
export function withoutBom(html: Uint8Array): Buffer | undefined {
  const bytes = Buffer.from(html.buffer, html.byteOffset, html.byteLength);
  if (UTF16_BOMS.some((bom) => bytes.subarray(0, 2).equals(bom))) return undefined;
  return bytes.subarray(0, 3).equals(UTF8_BOM) ? bytes.subarray(3) : bytes;
}

/** One `<script>`, `<link>`, `<meta>` or `<base>` of a page. */
export class PageElement {
  readonly tag: string;
  readonly svg: boolean;
  /** The offset of the tag's `<`. */
  readonly start: number;
  readonly #bytes: Buffer;
  readonly #location: NonNullable<Tree.Element['sourceCodeLocation']>;
  readonly #startTagEnd: number;
  #attributes: Map<string, string> | undefined;
  #text: string | undefined;

  constructor(
    element: Tree.Element,
    bytes: Buffer,
    location: NonNullable<Tree.Element['sourceCodeLocation']>,
    /** Whether it is in a declarative shadow root: scripts run there, but `document` does not find them. */
    readonly inShadowRoot: boolean,
  ) {
    this.tag = element.tagName;
    this.svg = element.namespaceURI === SVG;
    this.start = location.startOffset;
    this.#bytes = bytes;
    this.#location = location;
    this.#startTagEnd = location.startTag?.endOffset ?? location.endOffset;
  }

  /**
   * An attribute's value with its character references resolved; a prefixed name is written `prefix:name`.
   */
  attribute(name: string): string | undefined {
    this.#attributes ??= new Map(
      this.#reparse(this.#startTagEnd).attrs.map((a) => [
        a.prefix ? `${a.prefix}:${a.name}` : a.name,
        a.value,
      ]),
    );
    return this.#attributes.get(name);
  }

  /** The place of an attribute's value, without quotes. Undefined when there is no value. */
  valueRange(name: string): Range | undefined {
    const span = this.#location.attrs?.[name];
    if (!span) return undefined;
    const written = this.#bytes.toString('latin1', span.startOffset, span.endOffset);
    const lead = /^[\t\n\f\r ]*=[\t\n\f\r ]*/.exec(written.slice(name.length))?.[0];
    if (lead === undefined) return undefined;
    const start = span.startOffset + name.length + lead.length;
    const quoted = /^["']/.test(written.slice(name.length + lead.length));
    return quoted ? { start: start + 1, end: span.endOffset - 1 } : { start, end: span.endOffset };
  }

  /**
   * Whether the element has an end. A script that the end of the page, or of its `<svg>`, cuts off never
   * runs.
   */
  get complete(): boolean {
    return this.#location.endTag !== undefined || (this.svg && this.#selfClosing());
  }

  /**
   * The element's own text as a script sees it: newlines are LF, and in SVG character references are
   * resolved.
   */
  text(): string {
    this.#text ??= this.#reparse(this.#location.endOffset)
      .childNodes.map((node) => ('value' in node ? node.value : ''))
      .join('');
    return this.#text;
  }

  /** The place of the text. Undefined where the element has none. */
  textRange(): Range | undefined {
    const end = this.#location.endTag?.startOffset;
    return end === undefined ? undefined : { start: this.#startTagEnd, end };
  }

  /** The start of the text, `line:column` from 1, as browsers count in the page. */
  position(): string {
    const starts = lineStarts(this.#bytes);
    const line = starts.findLastIndex((start) => start <= this.#startTagEnd);
    const before = this.#bytes.toString('utf8', starts[line], this.#startTagEnd);
    return `${line + 1}:${before.length + 1}`;
  }

  /** `/>` ends an SVG element, unless the `/` belongs to an unquoted value. */
  #selfClosing(): boolean {
    return this.#reparse(this.#startTagEnd, 'text').childNodes.length === 0;
  }

  /**
   * The element parsed again, from its own bytes as UTF-8. In the latin1 tree, `Ã©` may be the two bytes of
   * an `é` or two character references of the author.
   */
  #reparse(end: number, after = ''): Tree.Element {
    const text = this.#bytes.toString('utf8', this.start, end) + after;
    const [root] = parseFragment(this.svg ? `<svg>${text}` : text).childNodes as [Tree.Element];
    return this.svg ? (root.childNodes[0] as Tree.Element) : root;
  }
}

const lines = new WeakMap<Buffer, number[]>();

/** Offsets of a page's line starts. Computed once: a page may have many scripts. */
function lineStarts(bytes: Buffer): number[] {
  let starts = lines.get(bytes);
  if (starts === undefined) {
    starts = [0];
    for (const match of bytes.toString('latin1').matchAll(/\r\n|\r|\n/g)) {
      starts.push(match.index + match[0].length);
    }
    lines.set(bytes, starts);
  }
  return starts;
}

function findElements(document: Tree.Document, bytes: Buffer): PageElement[] {
  const found: PageElement[] = [];
  // Not recursive: a page can nest deeper than the stack allows.
  const open: { node: Tree.Node; inShadowRoot: boolean }[] = [{ node: document, inShadowRoot: false }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { node, inShadowRoot } = next;
    if ('tagName' in node) {
      const html = node.namespaceURI === HTML;
      const location = node.sourceCodeLocation;
      if (
        location &&
        (html ? TAGS.has(node.tagName) : node.namespaceURI === SVG && node.tagName === 'script')
      ) {
        found.push(new PageElement(node, bytes, location, inShadowRoot));
      }
      if (html && 'content' in node && makesShadowRoot(node)) {
        open.push({ node: node.content, inShadowRoot: true });
      }
    }
    // A template's content is not among its child nodes.
    if ('childNodes' in node) {
      for (const child of node.childNodes) open.push({ node: child, inShadowRoot });
    }
  }
  return found;
}

function makesShadowRoot(template: Tree.Element): boolean {
  return template.attrs.some((a) => a.name === 'shadowrootmode' && /^(?:open|closed)$/i.test(a.value));
}

/**
 * After `<head>`, or where the parser opens a head by itself: after the doctype, `<html>` and the comments
 * before the first content. Undefined when nothing follows there: an unterminated doctype or comment would
 * swallow the tag.
 */
function findHeadOffset(document: Tree.Document, source: string): number | undefined {
  const { before, element: html } = splitAt(document.childNodes, 'html');
  const { before: inHtml, element: head } = splitAt(html?.childNodes ?? [], 'head');
  const headTag = head?.sourceCodeLocation?.startTag;
  if (headTag) return headTag.endOffset;
  const last =
    inHtml.at(-1)?.sourceCodeLocation ??
    html?.sourceCodeLocation?.startTag ??
    before.at(-1)?.sourceCodeLocation;
  let offset = last?.endOffset ?? 0;
  // The parser drops this white space. After the tag it would become text of the head.
  while (/^[\t\n\f\r ]$/.test(source.charAt(offset))) offset++;
  return offset < source.length ? offset : undefined;
}

function splitAt(
  nodes: Tree.ChildNode[],
  tagName: string,
): { before: Tree.ChildNode[]; element: Tree.Element | undefined } {
  const index = nodes.findIndex((node) => 'tagName' in node && node.tagName === tagName);
  if (index === -1) return { before: nodes, element: undefined };
  return { before: nodes.slice(0, index), element: nodes[index] as Tree.Element };
}
