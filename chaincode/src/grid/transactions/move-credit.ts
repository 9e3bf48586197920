import {
  creditHolder,
  creditMove,
  creditMoveRecord,
  DOCUMENT_TYPE,
  openDocument,
  stateKey,
  type gridCommands,
} from '@roamgrid/wire';
import { ensure, refuse, requireRole, type Verb } from '../../context/index.ts';
import { moveWh } from '../credits.ts';

/** Passes credit on by its owner's signature, once for each order: whoever tells it adds nothing and can change nothing. */
export const moveCredit: Verb<typeof gridCommands.moveCredit> = async (tx, { order, key }) => {
  requireRole(tx.caller, ['aaa']);
  const opened = await openDocument(creditMove, DOCUMENT_TYPE.creditMove, order, [key]);
  if (!opened.ok) return refuse('BAD_SIGNATURE', `order: ${opened.error.message}`);
  const { moveId, channel, to, parts, validUntilMs } = opened.value;
  const from = creditHolder(key);
  ensure(channel === tx.channel, 'INVALID_ARGUMENT', `the order is for the channel ${channel}`);
  ensure(tx.nowMs <= validUntilMs, 'EXPIRED', `the order was valid until ${validUntilMs}: sign a new one`);
  ensure(to !== from, 'INVALID_ARGUMENT', 'the credit is held by that key already');
  const recordKey = stateKey.creditMove(from, moveId);
  await tx.requireAbsent(recordKey);
  const wh = await moveWh(tx, from, { to, parts });
  tx.put(creditMoveRecord, recordKey, {
    type: 'creditMove',
    version: 1,
    ...{ moveId, from, to, wh, order, key },
    movedAtMs: tx.nowMs,
  });
};
