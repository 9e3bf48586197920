import { demandChunkRecord, stateKey, type gridCommands } from '@roamgrid/wire';
import { requireMember, type Verb } from '../../context/index.ts';
import { getActiveUtility } from '../../consortium/registry.ts';
import { requireAscending } from '../readings.ts';

/** Records measured demand of a grid area, many readings to a transaction. A chunk never changes. */
export const recordDemand: Verb<typeof gridCommands.recordDemand> = async (tx, { chunk }) => {
  const utility = await getActiveUtility(tx, chunk.utilityId);
  requireMember(tx.caller, utility, ['grid-operator']);
  const { firstAtMs } = requireAscending(tx, chunk.readings);
  const key = stateKey.demandChunk(chunk.utilityId, chunk.areaId, firstAtMs);
  await tx.requireAbsent(key);
  tx.put(demandChunkRecord, key, {
    type: 'demandChunk',
    version: 1,
    ...chunk,
    recordedAtMs: tx.nowMs,
  });
};
