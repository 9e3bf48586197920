import type { Logger } from '@roamgrid/service-kit';
import { z } from 'zod';
import type { SignalBook } from '../signals/signal-book.ts';
import { Ven, venConfig } from './openadr/ven/ven.ts';

/** By which surfaces a house is told prices, events, demand and temperatures. Spec: HOME-6. */
export const surfacesConfig = z.strictObject({ openadr: venConfig.exactOptional() });

export interface SurfaceParts {
  readonly book: SignalBook;
  readonly nowMs: () => number;
  readonly log: Logger;
  /** What the house took, mWh; undefined when nobody measured it. */
  readonly takenMilliWh: (fromMs: number, untilMs: number) => Promise<bigint | undefined>;
}

/** What runs beside a house; each surface puts what it hears into the house's book. */
export interface RunningSurfaces {
  stop(): Promise<void>;
}

export const startSurfaces = (
  config: z.output<typeof surfacesConfig>,
  parts: SurfaceParts,
): RunningSurfaces => {
  const running = config.openadr === undefined ? [] : [new Ven({ config: config.openadr, ...parts }).start()];
  return {
    async stop() {
      await Promise.all(running.map((each) => each.stop()));
    },
  };
};
