import type { Clock } from '../../clock.js';

/** Milliseconds to wait for an error of the editor. */
const FAILS_WITHIN_MS = 400;

/**
 * Opens a file in the author's editor: that of `LAUNCH_EDITOR`, else a running one, else `VISUAL` or
 * `EDITOR`. Line and column count from 1.
 *
 * @param file absolute
 * @returns why it could not be opened; null on success
 */
export type OpenInEditor = (file: string, line: number, column: number) => Promise<string | null>;

export function createOpenInEditor(clock: Clock): OpenInEditor {
  return async (file, line, column) => {
    // Loaded on first use: it contains a list of all editors.
    const { default: launch } = await import('launch-editor');
    return new Promise((resolve) => {
      const timer = clock.after(FAILS_WITHIN_MS, () => resolve(null));
      launch(`${file}:${line}:${column}`, (_name, message) => {
        timer.cancel();
        resolve(
          message === null
            ? 'no editor found: set LAUNCH_EDITOR or EDITOR where modcast runs'
            : `the editor failed: ${message}`,
        );
      });
    });
  };
}
