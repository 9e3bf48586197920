import {
  claimsRecord,
  firstOfRange,
  MAX_PLANNED_MS,
  NumberBits,
  openingProof,
  rangeOf,
  stateKey,
  type sessionCommands,
} from '@roamgrid/wire';
import { getDealing, openTerms } from '../../consortium/agreement.ts';
import { ensure, requireMember, type Verb } from '../../context/index.ts';
import { endNumbers, requireLane, requireOpen } from '../lanes.ts';
import { Openings, readOpened } from '../openings.ts';
import { numberOf } from '../settling.ts';

/**
 * Ends an opened session whose end never came; nothing is owed. A party says so, and shows by the open body that its time
 * is over: the visited utility then, the home utility after the agreed grace, and never of an end that was claimed.
 */
export const expire: Verb<typeof sessionCommands.expire> = async (tx, command) => {
  const dealing = await getDealing(tx, command);
  const { vun, hun, agreement, endorsers } = dealing;
  const own = tx.caller.mspId === hun.mspId ? hun : vun;
  requireMember(tx.caller, own, ['station', 'aaa', 'operator']);
  const { laneId, number } = command;
  requireLane(dealing, laneId);
  const terms = openTerms(tx, agreement);
  await requireOpen(tx, laneId, number);
  const text = tx.transientText('open');
  const { sessionId, openedAtMs, quote } = readOpened(text);
  ensure(
    numberOf({ lane: laneId }, sessionId) === number,
    'INVALID_ARGUMENT',
    `the open body is of ${sessionId}`,
  );
  const { atMs } = await new Openings(tx, laneId, agreement.agreementId).requireCommitted(
    number,
    text,
    tx.transientValue(openingProof, 'proof'),
  );
  const graceMs = own === hun ? terms.expiryGraceMs : 0;
  // What the visited utility stated alone is bounded by what the ledger knows: no session stays open for ever.
  const endMs = Math.min(openedAtMs, atMs) + Math.min(quote.plannedMs, MAX_PLANNED_MS);
  const fromMs = endMs + terms.cdrBoundMs + graceMs;
  ensure(
    tx.nowMs > fromMs,
    'WRONG_STATE',
    `${own.utilityId} can expire session ${sessionId} ${fromMs - tx.nowMs} ms from now, not before`,
  );
  const range = rangeOf(number);
  const claims = await tx.find(claimsRecord, stateKey.claims(laneId, range));
  ensure(
    !new NumberBits(firstOfRange(range), claims?.bits).has(number),
    'WRONG_STATE',
    `the end of session ${sessionId} was claimed: it is settled, not expired`,
  );
  await endNumbers(tx, endorsers, laneId, [number], 'expired');
  tx.endorseBy(endorsers);
};
