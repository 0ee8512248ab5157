/** The global that the loader defines. The keys of runs begin with `modcast:`. */
const LOADER = /(?<![\w-])modcast(?![\w:-])/;

/** Whether a script uses what only the loader defines. */
export const callsLoader = (text: string): boolean => LOADER.test(text);

/**
 * What brings another instance of a module: a script element with its natural URL, an import map that leads
 * to it, and a fragment, of which the server does not hear.
 */
const BYPASSES_MAP =
  /importmap|\.type\s*=\s*["'`]module|["'`]type["'`]\s*,\s*["'`]module|["'`]\.{0,2}\/[^"'`\s]*\.\w+#/;

/** Whether a module does what it cannot do in a page that starts without the loader. */
export const needsLoader = (text: string): boolean => callsLoader(text) || BYPASSES_MAP.test(text);
