import type { SourceMapInput } from '@jridgewell/remapping';
import { excerpt, splitSpecifier, type Diagnostic, type Path } from '../../schema/index.js';
import { define } from './define.js';
import { imports, joinMaps } from './imports.js';
import { isTypeScript } from './kinds.js';
import { originalPlace } from './original-place.js';
import { joinPath, relativeSpecifier } from './resolve-source.js';
import { refresh } from './refresh.js';
import {
  TransformError,
  type Dependency,
  type Transform,
  type TransformOptions,
  type VirtualModule,
} from './transform.js';
import { typescript } from './typescript.js';
import { VIRTUAL_VERSION, virtualModule } from './virtual.js';

/** A module as browsers run it. */
export interface TransformedModule {
  /** Null: the bytes are served as they were written. */
  readonly code: string | null;
  /** JSON. Null where the code has the lines and columns of the source. */
  readonly map: string | null;
  readonly deps: readonly Dependency[];
  readonly virtual: readonly VirtualModule[];
  readonly problem: Diagnostic | undefined;
}

/** Runs the transforms of a registry, in order, on one module. */
export class ModuleTransformer {
  readonly #transforms: readonly Transform[];
  readonly #imports: Transform;
  /** Names all transforms with their versions. */
  readonly version: string;

  /** @param own transforms of the registry's owner, which run first */
  constructor(own: readonly Transform[] = []) {
    this.#transforms = [...own, typescript, refresh];
    this.#imports = imports((path) => this.takes(path));
    const builtIn = [typescript, refresh, define, this.#imports].map(
      ({ name, version }) => `${name} ${version}`,
    );
    // Names of owners may have any characters, and no two lists may have one version.
    const named = own.map(({ name, version }) => JSON.stringify([name, version]));
    this.version = [...named, ...builtIn, `virtual ${VIRTUAL_VERSION}`].join(', ');
  }

  /** Whether a file is a source: it is served as JavaScript. */
  takes(path: Path): boolean {
    return this.#transforms.some((transform) => transform.filter(path));
  }

  /** @param path of a source, or of a file that is JavaScript as written */
  async transform(source: string, path: Path, options: TransformOptions): Promise<TransformedModule> {
    const deps: Dependency[] = [];
    const virtual: VirtualModule[] = [];
    let code: string | null = null;
    const maps: SourceMapInput[] = [];
    let text = source;
    // As the transforms so far say: `logo.svg.tsx` for a component that was made of an image.
    let name = path;
    for (const step of [...this.#transforms, define, this.#imports]) {
      const isBuiltIn = step === typescript || step === refresh;
      if (!step.filter(isBuiltIn ? name : path)) continue;
      try {
        const result = await step.transform(text, isBuiltIn ? name : path, options);
        if (result === null) continue;
        if (result.lang !== undefined) name = `${path}.${result.lang}`;
        deps.push(...(result.deps ?? []));
        virtual.push(...(result.virtual ?? []));
        if (result.code === text && result.map === null) continue;
        code = text = result.code;
        if (result.map !== null) maps.unshift(result.map);
      } catch (error) {
        const isUnread = code === null && isTypeScript(path);
        return failed(error, { source, path, map: joinMaps(maps), isTypeScript: isUnread, deps });
      }
    }
    const map = joinMaps(maps);
    const json = map === null ? null : mapText(map, path, source);
    return { code, map: json, deps, virtual, problem: undefined };
  }

  /** @param source bytes of the file that the module is made of */
  async virtual(
    module: VirtualModule,
    source: Uint8Array | undefined,
    options: TransformOptions,
  ): Promise<TransformedModule> {
    const deps: Dependency[] = [];
    const virtual: VirtualModule[] = [];
    const importOf = (address: string) => {
      // Those of a CSS module would have classes of their own.
      if (module.file.endsWith('.module.css')) return undefined;
      const file = joinPath(module.file, `./${address}`);
      if (file !== undefined) deps.push({ exists: file });
      if (file === undefined || !options.files.has(file)) return isPackageName(address) ? address : undefined;
      const path = `${file}@style.js`;
      virtual.push({ path, kind: 'style', file });
      return relativeSpecifier(module.path, path);
    };
    try {
      const code = await virtualModule(module, source, { mode: options.mode, importOf });
      return { code, map: null, deps, virtual, problem: undefined };
    } catch (error) {
      return failed(error, {
        source: '',
        path: module.file,
        map: null,
        isTypeScript: false,
        deps,
      });
    }
  }
}

/** Whether an address can name a file of a package: `pkg/style.css`, and not `style.css`. */
const isPackageName = (address: string): boolean => {
  const parts = splitSpecifier(address);
  return parts !== null && (parts.subpath !== '.' || !parts.name.endsWith('.css'));
};

interface Failure {
  readonly source: string;
  readonly path: Path;
  /** From what the step that failed got to the source. */
  readonly map: SourceMapInput | null;
  /** Whether it is TypeScript that does not parse. */
  readonly isTypeScript: boolean;
  readonly deps: readonly Dependency[];
}

/**
 * What is served instead: TypeScript that does not parse as it is, so that browsers report the place, and
 * for other failures a module that throws.
 */
function failed(error: unknown, { source, path, map, isTypeScript, deps }: Failure): TransformedModule {
  const message = error instanceof Error ? error.message : String(error);
  const found = error instanceof TransformError ? originalPlace(error, map) : undefined;
  const { line, column } = found ?? { line: 1, column: 1 };
  const frame = found === undefined || source === '' ? {} : { frame: excerpt(source, line, column) };
  const problem: Diagnostic = { kind: 'syntax', severity: 'error', path, message, line, column, ...frame };
  const isUnparsed = isTypeScript && error instanceof TransformError;
  const code = isUnparsed ? null : `throw new Error(${JSON.stringify(`${path}: ${message}`)});\n`;
  return { code, map: null, deps, virtual: [], problem };
}

/** A map with one source: the file, with its content. */
function mapText(map: SourceMapInput, path: Path, source: string): string {
  const json = (typeof map === 'string' ? JSON.parse(map) : map) as Record<string, unknown>;
  const name = path.slice(path.lastIndexOf('/') + 1);
  return JSON.stringify({
    version: 3,
    sources: [name],
    sourcesContent: [source],
    names: json['names'] ?? [],
    mappings: json['mappings'],
  });
}
