import { MAX_PLANNED_MS, missingRecord, openingProof, stateKey, type clearingCommands } from '@roamgrid/wire';
import { getDealing, openTerms } from '../../consortium/agreement.ts';
import { ensure, requireMember, type Transaction, type Verb } from '../../context/index.ts';
import { getOpening, requireLane, requireOpen } from '../../session/lanes.ts';
import { Openings, readOpened } from '../../session/openings.ts';

type Command = Parameters<Verb<typeof clearingCommands.demand>>[1];

/** When the session is over at the latest: as its open body plans, or the longest that any may last. */
const overAtMs = async (tx: Transaction, command: Command): Promise<number> => {
  const { laneId, number, slot, agreementId } = command;
  const { record, numbers } = await getOpening(tx, laneId, slot, agreementId);
  ensure(
    numbers.has(number),
    'INVALID_ARGUMENT',
    `opening ${slot} of ${laneId} does not have number ${number}`,
  );
  if (!tx.hasTransient('open')) return record.atMs + MAX_PLANNED_MS;
  const text = tx.transientText('open');
  const proof = tx.transientValue(openingProof, 'proof');
  const { atMs } = await new Openings(tx, laneId, agreementId).requireCommitted(number, text, proof);
  const { openedAtMs, quote } = readOpened(text);
  return Math.min(openedAtMs, atMs) + Math.min(quote.plannedMs, MAX_PLANNED_MS);
};

/**
 * The home utility demands a record that does not come: its number was opened, its time and the time to settle it are
 * over, and it has no end. The visited utility owes the end, late but claimed, voided or expired; until then the demand
 * shows to everybody.
 */
export const demand: Verb<typeof clearingCommands.demand> = async (tx, command) => {
  const dealing = await getDealing(tx, command);
  const { vun, hun, agreement } = dealing;
  requireMember(tx.caller, hun, ['aaa']);
  const { laneId, number } = command;
  requireLane(dealing, laneId);
  const { cdrBoundMs } = openTerms(tx, agreement);
  await requireOpen(tx, laneId, number);
  const key = stateKey.missing(laneId, number);
  await tx.requireAbsent(key);
  const fromMs = (await overAtMs(tx, command)) + cdrBoundMs;
  ensure(
    tx.nowMs > fromMs,
    'WRONG_STATE',
    `session ${laneId}-${number} has ${fromMs - tx.nowMs} ms longer to be settled`,
  );
  tx.put(missingRecord, key, {
    type: 'missing',
    version: 1,
    laneId,
    number,
    agreementId: agreement.agreementId,
    vun: vun.utilityId,
    hun: hun.utilityId,
    demandedAtMs: tx.nowMs,
  });
};
