/** Work of one key goes one after the other, that of different keys at once. */
export class InTurn {
  readonly #last = new Map<string, Promise<void>>();

  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const done = (this.#last.get(key) ?? Promise.resolve()).then(work);
    const over: Promise<void> = done.then(
      () => this.#leave(key, over),
      () => this.#leave(key, over),
    );
    this.#last.set(key, over);
    return done;
  }

  /** Resolves when nothing is under way that was asked before. */
  async idle(): Promise<void> {
    await Promise.all(this.#last.values());
  }

  #leave(key: string, over: Promise<void>): void {
    if (this.#last.get(key) === over) this.#last.delete(key);
  }
}
