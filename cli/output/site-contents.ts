import { isModuleType, type Manifest, type Path } from '../../schema/index.js';
import type { Io } from '../io.js';
import { count, formatBytes } from './format.js';

interface Part {
  readonly files: number;
  readonly bytes: number;
}

/** The files of a deploy by what they are for. */
export interface SiteContents {
  /** JavaScript, TypeScript, JSX, JSON and CSS. */
  readonly modules: Part;
  /** HTML. */
  readonly pages: Part;
  /** Images, fonts, WebAssembly, media and everything else. */
  readonly assets: Part;
}

/** @param takes files that transforms make modules of, besides TypeScript and JSX. Default: none */
export function siteContents(
  { modules }: Pick<Manifest, 'modules'>,
  takes: (path: Path) => boolean = () => false,
): SiteContents {
  const parts = {
    modules: { files: 0, bytes: 0 },
    pages: { files: 0, bytes: 0 },
    assets: { files: 0, bytes: 0 },
  };
  for (const [path, { type, size }] of modules) {
    const isCode = isModule(type) || takes(path);
    const part = isCode ? parts.modules : type === 'text/html' ? parts.pages : parts.assets;
    part.files++;
    part.bytes += size;
  }
  return parts;
}

/** Also what is a module once it is transformed. */
const isModule = (type: string): boolean => isModuleType(type) || /^text\/(?:typescript|jsx)$/.test(type);

const NOUNS = { modules: 'module', pages: 'page', assets: 'asset' } as const;

/** The kinds of which there are files, with a text for each. */
function texts(contents: SiteContents, text: (part: Part, noun: string) => string): string[] {
  return (['modules', 'pages', 'assets'] as const).flatMap((kind) =>
    contents[kind].files === 0 ? [] : [text(contents[kind], NOUNS[kind])],
  );
}

/** `78 files, 4.10 MB: 66 modules, 3 pages, 9 assets` */
export function contentsText(manifest: Pick<Manifest, 'modules'>): string {
  const contents = siteContents(manifest);
  const { modules, pages, assets } = contents;
  const files = modules.files + pages.files + assets.files;
  const total = `${count(files, 'file')}, ${formatBytes(modules.bytes + pages.bytes + assets.bytes)}`;
  const parts = texts(contents, (part, noun) => count(part.files, noun));
  return files === 0 ? total : `${total}: ${parts.join(', ')}`;
}

/** `66 modules, 123 kB · 3 pages, 8.20 kB · 9 assets, 3.97 MB` */
export const contentsLine = (io: Io, manifest: Pick<Manifest, 'modules'>): string =>
  texts(
    siteContents(manifest),
    (part, noun) => `${count(part.files, noun)}, ${formatBytes(part.bytes)}`,
  ).join(` ${io.colours.dim('·')} `);
