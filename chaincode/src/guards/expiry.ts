import { canonicalText, openingProof } from '@roamgrid/wire';
import { AGREEMENT_ID, by, DAY_MS, HOUR_MS, sealedTerms } from '../testing/parties.ts';
import { type ClosedSession } from '../testing/closed.ts';
import { PAST } from '../testing/opened.ts';
import type { Place } from './world.ts';

/** When number 1 could be expired by the visited utility; by the home utility after the grace. */
export const OVER_MS = PAST.baseMs + 2 * HOUR_MS + 30 * DAY_MS;
export const HOME_GRACE_MS = 7 * DAY_MS;

/** Says that a session's end never came. */
export const expiring = (
  { lane }: Place,
  { open }: Pick<ClosedSession, 'open'>,
  caller = by('USALP', 'aaa'),
) => ({
  caller,
  verb: 'session.expire',
  command: {
    vun: 'USDUK',
    hun: 'USALP',
    agreementId: AGREEMENT_ID,
    laneId: lane.laneId,
    number: open.number,
  },
  transient: {
    open: open.text,
    proof: canonicalText(openingProof, lane.proofOf(open)),
    terms: sealedTerms().text,
  },
  nowMs: OVER_MS + HOME_GRACE_MS + 1,
});
