import { setTimeout as sleep } from 'node:timers/promises';
import { endorsementClockAnswer, type EndorsementClockState, type Role } from '@roamgrid/wire';
import type { Ledger } from './ledger.ts';

/** Whoever asks for the gateway's health does not wait longer for the ledger's. */
const ANSWER_LIMIT_MS = 1_000;

/**
 * Tells whether the own organisation's contracts compare a proposal's time with their host's clock. It asks them each
 * time, one question under way at most: a setting of the gateway would say what is wished, not what is.
 */
export const endorsementClockOf = (
  ledger: Ledger,
  users: Readonly<Partial<Record<Role, unknown>>>,
): (() => Promise<EndorsementClockState | undefined>) => {
  let asking: Promise<EndorsementClockState | undefined> | undefined;
  const ask = async (): Promise<EndorsementClockState | undefined> => {
    const [role] = Object.keys(users) as Role[];
    if (role === undefined) return undefined;
    const query = {
      contract: 'consortium',
      transaction: 'getEndorsementClock',
      argument: '{}',
      role,
    } as const;
    try {
      return endorsementClockAnswer.parse(JSON.parse(await ledger.evaluate(query))).state;
    } catch {
      return undefined;
    } finally {
      asking = undefined;
    }
  };
  return async () => {
    asking ??= ask();
    return Promise.race([asking, sleep(ANSWER_LIMIT_MS, undefined, { ref: false })]);
  };
};
