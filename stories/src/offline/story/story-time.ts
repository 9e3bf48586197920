/** The story's time: that of services and chargers alike. It passes when it is told to. */
export class StoryTime {
  #nowMs: number;
  readonly #chargers = new Set<(ms: number) => Promise<unknown>>();

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  readonly nowMs = (): number => this.#nowMs;

  /** Whoever lives in it. @returns ends that */
  onPass(passes: (ms: number) => Promise<unknown>): () => void {
    this.#chargers.add(passes);
    return () => void this.#chargers.delete(passes);
  }

  async pass(ms: number): Promise<void> {
    await Promise.all([...this.#chargers].map((passes) => passes(ms)));
    this.#nowMs += ms;
  }

  passUntil(atMs: number): Promise<void> {
    return this.pass(atMs - this.#nowMs);
  }
}
