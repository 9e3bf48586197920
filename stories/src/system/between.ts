/** Something that may stand on the way of connections to a part, as a proxy does. */
export interface Between {
  /** @returns the port under which others find what listens at `behindPort` */
  port(name: string, behindPort: number): Promise<number>;
}

/** Nothing stands between. */
export const NOTHING_BETWEEN: Between = { port: (_name, behindPort) => Promise.resolve(behindPort) };
