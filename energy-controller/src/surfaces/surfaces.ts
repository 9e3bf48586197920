import type { Logger } from '@roamgrid/service-kit';
import { z } from 'zod';
import type { SignalBook } from '../signals/signal-book.ts';
import { emapConfig, startEmap } from './emap/server.ts';
import { SepClient, sepClientConfig } from './sep/client.ts';
import { Ven, venConfig } from './openadr/ven/ven.ts';

/** By which surfaces a house is told prices, events, demand and temperatures. Spec: HOME-6. */
export const surfacesConfig = z.strictObject({
  openadr: venConfig.exactOptional(),
  emap: emapConfig.exactOptional(),
  ieee20305: sepClientConfig.exactOptional(),
});

export interface SurfaceParts {
  readonly book: SignalBook;
  readonly nowMs: () => number;
  readonly log: Logger;
  /** What the house took, mWh; undefined when nobody measured it. */
  readonly takenMilliWh: (fromMs: number, untilMs: number) => Promise<bigint | undefined>;
  /** What gives and stores energy there, in wire form. */
  readonly der: () => object;
}

/** What runs beside a house; each surface puts what it hears into the house's book. */
export interface RunningSurfaces {
  stop(): Promise<void>;
}

/** @throws Error when a port cannot be had. */
export const startSurfaces = async (
  config: z.output<typeof surfacesConfig>,
  parts: SurfaceParts,
): Promise<RunningSurfaces> => {
  const emap = config.emap && (await startEmap(config.emap, parts, parts.log));
  const ven = config.openadr && new Ven({ config: config.openadr, ...parts }).start();
  const sep = config.ieee20305 && new SepClient(config.ieee20305, parts).start();
  return {
    async stop() {
      await sep?.stop();
      await ven?.stop();
      await emap?.close();
    },
  };
};
