import { sessionRecord, socChunkRecord, stateKey, type gridCommands } from '@roamgrid/wire';
import { ensure, requireMember, type Verb } from '../../context/index.ts';
import { getActiveUtility, getStation } from '../../consortium/registry.ts';

/**
 * Records states of charge that a station read from the cars of its utility's sessions. Readings of one session ascend
 * in time; the order across sessions is the station's.
 */
export const recordSoc: Verb<typeof gridCommands.recordSoc> = async (tx, { chunk }) => {
  const { utilityId, stationId } = chunk;
  const utility = await getActiveUtility(tx, utilityId);
  requireMember(tx.caller, utility, ['station']);
  const station = await getStation(tx, utilityId, stationId);
  ensure(station.status === 'active', 'WRONG_STATE', `station ${stationId} is ${station.status}`);

  const lastAtMs = new Map<string, number>();
  for (const [index, { atMs, sessionId }] of chunk.readings.entries()) {
    const before = lastAtMs.get(sessionId);
    ensure(
      before === undefined || atMs > before,
      'INVALID_ARGUMENT',
      `chunk.readings.${index}.atMs does not come after the session's reading before it`,
    );
    lastAtMs.set(sessionId, atMs);
    tx.notInFuture(atMs, `reading ${index}`);
  }
  for (const sessionId of lastAtMs.keys()) {
    const session = await tx.get(sessionRecord, stateKey.session(sessionId));
    ensure(session.vun === utilityId, 'FORBIDDEN', `session ${sessionId} does not charge at ${utilityId}`);
  }
  const key = stateKey.socChunk(utilityId, stationId, tx.commandId);
  await tx.requireAbsent(key);
  tx.put(socChunkRecord, key, { type: 'socChunk', version: 1, ...chunk });
};
