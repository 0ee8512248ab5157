/** Collects the steps that undo a start. */
export class Cleanup {
  readonly #steps: (() => unknown)[] = [];

  add(step: () => unknown): void {
    this.#steps.push(step);
  }

  /**
   * Runs all steps, the last one first, each once. A step that fails does not stop the others.
   * @throws the first error of a step
   */
  async run(): Promise<void> {
    const errors: unknown[] = [];
    for (let step; (step = this.#steps.pop()) !== undefined;) {
      try {
        await step();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}
