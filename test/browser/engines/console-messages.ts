import type { ConsoleMessage } from './engine.js';

/** The console of a page. */
export class ConsoleMessages {
  readonly messages: ConsoleMessage[] = [];
  readonly lines: string[] = [];
  readonly #waiting = new Set<() => void>();

  push(message: ConsoleMessage): void {
    this.messages.push(message);
    this.lines.push(message.text);
    for (const look of this.#waiting) look();
  }

  clear(): void {
    this.messages.length = 0;
    this.lines.length = 0;
  }

  /** @param timeout milliseconds after which it rejects */
  line(text: string, timeout: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new Error(`No console line contains “${text}”.${this.toString()}`));
      }, timeout);
      const look = () => {
        const found = this.lines.find((line) => line.includes(text));
        if (found === undefined) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }

  toString(): string {
    return `\nConsole:\n${this.lines.map((line) => `  ${line}\n`).join('')}`;
  }
}
