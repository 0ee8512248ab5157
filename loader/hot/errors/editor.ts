/** A place in a file of the site. Line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The author's editor, by way of the server. */
export class Editor {
  readonly #url: string;
  #token = '';

  /** @param prefix of the registry's routes, as a URL */
  constructor(prefix: string) {
    this.#url = `${prefix}editor`;
  }

  /** What the server knows its own pages by; another one when it has been started again. */
  set token(token: string) {
    this.#token = token;
  }

  /** @returns why it could not be opened; null when it was */
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
