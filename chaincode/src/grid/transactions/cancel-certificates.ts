import type { certificateCommands } from '@roamgrid/wire';
import { getUtility } from '../../consortium/registry.ts';
import { ensure, requireMember, zip, type Verb } from '../../context/index.ts';
import { putHolding, putRest, takeFrom } from '../holdings.ts';

/**
 * Uses Wh up for sessions that only the holder knows. The ledger keeps the root of their tree of sums: whoever is shown one
 * of them sees that all of them together have no more Wh than were cancelled. What was cancelled stays so for ever.
 */
export const cancelCertificates: Verb<typeof certificateCommands.cancelCertificates> = async (
  tx,
  command,
) => {
  const holder = await getUtility(tx, command.holder);
  requireMember(tx.caller, holder, ['operator', 'aaa']);
  const { cancellationId, parts } = command;
  const holdings = await takeFrom(tx, holder, parts);
  for (const [{ wh, matchRoot }, holding] of zip(parts, holdings)) {
    const toWh = holding.fromWh + wh;
    ensure(
      wh > 0n && toWh <= holding.toWh,
      'INVALID_ARGUMENT',
      `${wh} Wh cannot be cancelled of a holding of ${holding.toWh - holding.fromWh}`,
    );
    putRest(tx, holding, holding.fromWh, toWh);
    const cancelled = { cancellationId, matchRoot, atMs: tx.nowMs };
    putHolding(tx, { ...holding, version: holding.version + 1, toWh, cancelled });
  }
};
