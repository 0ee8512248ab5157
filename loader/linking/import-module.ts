/** The browser's `import()`. */
export const importModule = (name: string, options?: ImportCallOptions): Promise<unknown> =>
  import(name, options);
