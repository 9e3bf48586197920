import { setTimeout as sleep } from 'node:timers/promises';
import type { CallResult } from '@roamgrid/service-kit';

/** Asks for the head behind one that is known; waits with the answer. */
export type AskHead = (
  known: string | undefined,
  signal: AbortSignal,
) => Promise<CallResult<{ readonly nextBlock: string }>>;

/** How far the own gateway has read the ledger. */
export interface Head {
  /** Undefined as long as the gateway has not said it, or does not answer. */
  at(): string | undefined;
  follow(ask: AskHead): void;
  stop(): Promise<void>;
}

/** After a question that was not answered, ms. */
const AGAIN_MS = 1_000;
/** Between two questions at least, ms: a gateway that ends answers at once. */
const PAUSE_MS = 20;

/** Knows no head until it is followed: by one question at a time, which the gateway answers when a block comes. */
export const createHead = (): Head => {
  const stopping = new AbortController();
  const { signal } = stopping;
  let at: string | undefined;
  let running = Promise.resolve();
  const followed = async (ask: AskHead): Promise<void> => {
    while (!signal.aborted) {
      const told = await ask(at, signal);
      at = told.ok ? told.value.nextBlock : undefined;
      await sleep(told.ok ? PAUSE_MS : AGAIN_MS, undefined, { signal }).catch(() => undefined);
    }
    at = undefined;
  };
  return {
    at: () => at,
    follow: (ask) => {
      running = followed(ask);
    },
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
};
