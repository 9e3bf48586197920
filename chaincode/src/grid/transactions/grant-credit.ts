import {
  bodyHash,
  creditGrantRecord,
  houseBatchRecord,
  houseEntry,
  inclusionPath,
  isIncluded,
  stateKey,
  type gridCommands,
} from '@roamgrid/wire';
import { getDealing } from '../../consortium/agreement.ts';
import { requireActive } from '../../consortium/registry.ts';
import { ensure, refuse, type Verb } from '../../context/index.ts';
import { putCredit } from '../credits.ts';
import { getHouse, requireTeller } from '../houses.ts';

/**
 * Energy that a car or the sun gave to a house becomes a credit of the vehicle that the house's panel named, once: it is called by
 * the meter's own record. Both parties of the house see the evidence, which lies under the root of a recorded batch.
 */
export const grantCredit: Verb<typeof gridCommands.grantCredit> = async (tx, command) => {
  const { agreementId, vun, hun, creditId, houseRef, number, wh, holder } = command;
  const dealing = await getDealing(tx, command);
  requireActive(tx, requireTeller(tx, dealing));
  await getHouse(tx, command);
  const batch = await tx.get(houseBatchRecord, stateKey.houseBatch(houseRef, number));
  const { value: entry, hash } = tx.transient(houseEntry, 'entry');
  const path = tx.transientValue(inclusionPath, 'path');
  ensure(
    path.size === batch.entries && isIncluded(hash, path, batch.merkleRoot),
    'HASH_MISMATCH',
    `the entry is not one of batch ${number}`,
  );
  if (entry.kind !== 'flow' || entry.creditTo === undefined || entry.signed === undefined)
    return refuse('INVALID_ARGUMENT', 'entry: the panel named no vehicle for it');
  ensure(
    creditId === bodyHash(entry.signed.ocmf) && wh === entry.energyWh && holder === entry.creditTo,
    'NOT_BALANCED',
    `the meter signed ${entry.energyWh} Wh for ${entry.creditTo}`,
  );
  ensure(wh > 0n, 'INVALID_ARGUMENT', 'wh: there is no credit of nothing');
  const key = stateKey.creditGrant(creditId);
  await tx.requireAbsent(key);
  tx.put(
    creditGrantRecord,
    key,
    {
      type: 'creditGrant',
      version: 1,
      ...{ creditId, agreementId, vun, hun, houseRef, number, wh, holder },
      grantedAtMs: tx.nowMs,
    },
    { endorsers: dealing.endorsers },
  );
  putCredit(tx, creditId, wh, holder);
  tx.endorseBy(dealing.endorsers);
};
