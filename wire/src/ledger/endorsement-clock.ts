import { z } from 'zod';

/**
 * Whether an endorser compares a proposal's time with its host's clock: `on`, or `simulated` while a whole network lives
 * in the time of a simulation. See docs/security/endorsement-clock.md.
 */
export const endorsementClockState = z.enum(['on', 'simulated']);
export type EndorsementClockState = z.infer<typeof endorsementClockState>;

/** How the contracts of one organisation guard the time; not on the ledger, each process answers for itself. */
export const endorsementClockAnswer = z.strictObject({
  state: endorsementClockState,
  /** How far from the host's clock a proposal may be dated, ms. */
  skewMs: z.int().min(1),
});
export type EndorsementClockAnswer = z.infer<typeof endorsementClockAnswer>;

const DATED = 'the proposal is dated';

/** The text of a refusal to sign because of the time, behind its code `CLOCK_SKEW`. */
export const endorsementClockRefusal = (proposedMs: number, hostMs: number, skewMs: number): string => {
  const apartMs = Math.abs(proposedMs - hostMs);
  const side = proposedMs > hostMs ? 'after' : 'before';
  return (
    `${DATED} ${apartMs} ms ${side} the clock of this endorser, which signs up to ${skewMs} ms: ` +
    'set the clock that is wrong and tell the same command again'
  );
};

/** Tells an endorser that would not sign for its clock from a contract that found a stated time wrong: same code. */
export const isEndorsementClockRefusal = (text: string): boolean => text.startsWith(DATED);
