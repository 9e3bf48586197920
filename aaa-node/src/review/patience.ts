import type { CallFailure, CallResult, Logger } from '@roamgrid/service-kit';

/** Something that is said again and again until the ledger has it. */
export interface Matter {
  readonly id: string;
  /** Utility whose word it needs; empty where it needs nobody's. */
  readonly partner: string;
  /** Changes with the matter: one that is not as it was is due at once. */
  readonly mark?: string;
}

interface Pause {
  readonly mark: string;
  readonly times: number;
  readonly untilMs: number;
}

/** No pause of a matter is longer; a partner's are half, so that another matter comes first where one always fails. */
const LONGEST_MS = 300_000;
/** Pauses that are kept before those that are long over are let go. */
const MANY = 1_000;

const isAway = (failure: CallFailure): boolean => failure.kind !== 'problem' || failure.problem.status >= 500;

const createPauses = (firstMs: number, longestMs: number, now: () => number) => {
  const pauses = new Map<string, Pause>();
  let sweptMs = now();
  return {
    isOver: (id: string, mark: string): boolean => {
      const pause = pauses.get(id);
      return pause === undefined || pause.mark !== mark || pause.untilMs <= now();
    },
    /** Each pause is twice the one before. */
    begin: (id: string, mark: string): void => {
      const before = pauses.get(id);
      const times = before?.mark === mark ? before.times + 1 : 0;
      const untilMs = now() + Math.min(longestMs, firstMs * 2 ** times);
      pauses.set(id, { mark, times, untilMs });
      if (pauses.size <= MANY || now() < sweptMs + longestMs) return;
      sweptMs = now();
      for (const [old, pause] of pauses) if (pause.untilMs + longestMs < sweptMs) pauses.delete(old);
    },
    end: (id: string): void => void pauses.delete(id),
  };
};

export interface PatienceOptions {
  /** How often rounds come: the first pause. */
  readonly everyMs: number;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  /** A clock that never goes back. */
  readonly elapsedMs?: () => number;
}

/**
 * What came to nothing is tried again after longer and longer pauses. A partner that is away gets pauses of its own, so that
 * waiting for it holds up nothing that others wait for; a matter's are twice as long, so that one that always fails holds up no
 * other of the same partner.
 */
export const createPatience = ({ everyMs, log, elapsedMs = () => performance.now() }: PatienceOptions) => {
  const partners = createPauses(everyMs, LONGEST_MS / 2, elapsedMs);
  const matters = createPauses(2 * everyMs, LONGEST_MS, elapsedMs);
  return {
    isDue: ({ id, partner, mark = '' }: Matter): boolean =>
      partners.isOver(partner, '') && matters.isOver(id, mark),
    /** Nothing was said: it is not its time yet. */
    later: ({ id, mark = '' }: Matter): void => {
      matters.begin(id, mark);
    },
    /** Keeps, and logs, what saying it came to. */
    note: ({ id, partner, mark = '' }: Matter, told: CallResult<unknown>, what: string): void => {
      if (told.ok) {
        partners.end(partner);
        matters.end(id);
        log.info({ id, partner }, what);
        return;
      }
      if (isAway(told.failure)) partners.begin(partner, '');
      matters.begin(id, mark);
      log.warn({ id, partner, failure: told.failure }, `not yet: ${what}`);
    },
  };
};

export type Patience = ReturnType<typeof createPatience>;
