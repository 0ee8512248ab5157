/**
 * Types of what modules can import, and of `import.meta`, for TypeScript sites that modcast serves:
 * `"types": ["modcast/client"]`. Not together with `vite/client`, which declares the same names.
 */
// oxlint-disable-next-line typescript/triple-slash-reference -- An import would make this file a module.
/// <reference path="../../dist/loader/hot/import-meta.d.ts" />

/** Add your own variables: `interface ImportMetaEnv { readonly VITE_TITLE: string }`. */
interface ImportMetaEnv {
  readonly [name: string]: any;
  /** Where browsers find the site. Ends with "/". */
  readonly BASE_URL: string;
  readonly MODE: string;
  readonly DEV: boolean;
  readonly PROD: boolean;
  readonly SSR: false;
}

interface ImportMetaGlobOptions<Eager extends boolean> {
  /** Import now, and not when the function is called. */
  readonly eager?: Eager;
  /** The name of one export to take. */
  readonly import?: string;
  /** As behind a specifier: `?raw`, `?url`. */
  readonly query?: string;
}

interface ImportMeta {
  readonly env: ImportMetaEnv;
  /** Modules by their paths. A pattern that begins with `!` excludes. */
  glob<Module = unknown>(
    pattern: string | readonly string[],
    options?: ImportMetaGlobOptions<false>,
  ): Record<string, () => Promise<Module>>;
  glob<Module = unknown>(
    pattern: string | readonly string[],
    options: ImportMetaGlobOptions<true>,
  ): Record<string, Module>;
}

declare module '*?raw' {
  const text: string;
  export default text;
}

declare module '*?url' {
  const url: string;
  export default url;
}

declare module '*?inline' {
  const text: string;
  export default text;
}

declare module '*?worker' {
  const start: (options?: WorkerOptions) => Worker;
  export default start;
}

// First: of two patterns that fit, the earlier one counts.
declare module '*.module.css' {
  const classes: { readonly [name: string]: string };
  export default classes;
}

declare module '*.css' {}

declare module '*.apng' {
  const url: string;
  export default url;
}

declare module '*.avif' {
  const url: string;
  export default url;
}

declare module '*.bmp' {
  const url: string;
  export default url;
}

declare module '*.gif' {
  const url: string;
  export default url;
}

declare module '*.ico' {
  const url: string;
  export default url;
}

declare module '*.jfif' {
  const url: string;
  export default url;
}

declare module '*.jpg' {
  const url: string;
  export default url;
}

declare module '*.jpeg' {
  const url: string;
  export default url;
}

declare module '*.pjp' {
  const url: string;
  export default url;
}

declare module '*.pjpeg' {
  const url: string;
  export default url;
}

declare module '*.png' {
  const url: string;
  export default url;
}

declare module '*.svg' {
  const url: string;
  export default url;
}

declare module '*.webp' {
  const url: string;
  export default url;
}

declare module '*.aac' {
  const url: string;
  export default url;
}

declare module '*.flac' {
  const url: string;
  export default url;
}

declare module '*.m4a' {
  const url: string;
  export default url;
}

declare module '*.mov' {
  const url: string;
  export default url;
}

declare module '*.mp3' {
  const url: string;
  export default url;
}

declare module '*.mp4' {
  const url: string;
  export default url;
}

declare module '*.ogg' {
  const url: string;
  export default url;
}

declare module '*.opus' {
  const url: string;
  export default url;
}

declare module '*.vtt' {
  const url: string;
  export default url;
}

declare module '*.wav' {
  const url: string;
  export default url;
}

declare module '*.webm' {
  const url: string;
  export default url;
}

declare module '*.eot' {
  const url: string;
  export default url;
}

declare module '*.otf' {
  const url: string;
  export default url;
}

declare module '*.ttf' {
  const url: string;
  export default url;
}

declare module '*.woff' {
  const url: string;
  export default url;
}

declare module '*.woff2' {
  const url: string;
  export default url;
}

declare module '*.pdf' {
  const url: string;
  export default url;
}

declare module '*.txt' {
  const url: string;
  export default url;
}

declare module '*.webmanifest' {
  const url: string;
  export default url;
}
