/** What the parts of the OCPP load tell each other over their processes' channel. */
export interface DoorOrder {
  readonly stateDir: string;
  readonly gatewayUrl: string;
  /** With what is kept of the password of each: a salt of its own, so that each is derived when it comes in first. */
  readonly stations: readonly { readonly stationId: string; readonly passwordHash: string }[];
}

export interface DoorReady {
  readonly stationsUrl: string;
}

export interface StationsOrder {
  readonly url: string;
  readonly password: string;
  readonly stationIds: readonly string[];
}

export interface SwipesOrder {
  readonly gatewayUrl: string;
}

/** Ask so often for so long, whatever the answers take. */
export interface RunOrder {
  readonly perSecond: number;
  readonly seconds: number;
}

export interface RunResult {
  readonly tookMs: readonly number[];
  readonly failures: number;
}

export interface Memory {
  readonly residentBytes: number;
  /** What is in use, whatever room was there before. */
  readonly usedBytes: number;
}

export const memoryOf = (): Memory => {
  (globalThis as { gc?: () => void }).gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { residentBytes: rss, usedBytes: heapUsed + external };
};

/** Answers the parent, one message at a time: what is asked by name is done and its result sent back. */
export const serve = (
  work: Readonly<Record<string, (order: never) => Promise<unknown>>>,
  end: () => Promise<void> = () => Promise.resolve(),
): void => {
  process.on('message', (message: { readonly name: string; readonly order: never }) => {
    void work[message.name]?.(message.order).then(
      (result) => process.send?.({ result }),
      (thrown: unknown) => process.send?.({ fault: String(thrown) }),
    );
  });
  process.once('disconnect', () => void end().finally(() => process.exit(0)));
};

/** Asks at an even pace without waiting for answers, so that a slow one makes others wait and is counted so. */
export const atPace = async (
  { perSecond, seconds }: RunOrder,
  ask: (at: number) => Promise<unknown>,
): Promise<RunResult> => {
  const tookMs: number[] = [];
  let failures = 0;
  const asked: Promise<void>[] = [];
  const startMs = performance.now();
  for (let at = 0; at < perSecond * seconds; at += 1) {
    const dueMs = startMs + (at * 1_000) / perSecond;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    asked.push(
      ask(at).then(
        () => {
          tookMs.push(performance.now() - dueMs);
        },
        () => {
          failures += 1;
        },
      ),
    );
  }
  await Promise.all(asked);
  return { tookMs, failures };
};
