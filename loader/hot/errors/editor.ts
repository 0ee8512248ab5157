/** A place in a file of the site. Line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Opens files in the author's editor, through the server. */
export class Editor {
  readonly #url: string;
  #token = '';

  /** @param prefix of the registry's routes, as a URL */
  constructor(prefix: string) {
    this.#url = `${prefix}editor`;
  }

  /** @param token by which the server recognizes its own pages. It changes when the server restarts */
  setToken(token: string): void {
    this.#token = token;
  }

  /** @returns why the file could not be opened, or null */
  async open({ file, line, column }: Place): Promise<string | null> {
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'Modcast-Token': this.#token },
        body: JSON.stringify({ path: file, line, column }),
      });
      return response.ok ? null : (await response.text()).trim();
    } catch {
      return 'the server does not answer';
    }
  }
}
