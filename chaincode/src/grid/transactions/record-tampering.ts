import {
  canonicalText,
  stateKey,
  tamperCountRecord,
  tamperEvent,
  tamperRecord,
  type gridCommands,
} from '@roamgrid/wire';
import { getActiveUtility, getStation } from '../../consortium/registry.ts';
import { ensure, requireMember, type Verb } from '../../context/index.ts';

/**
 * Records tampering with a site's devices, each event once and numbered in the order of the ledger. What is recorded already is left
 * as it is, so that whoever tells may begin anew; what was recorded is never told otherwise.
 */
export const recordTampering: Verb<typeof gridCommands.recordTampering> = async (tx, command) => {
  const { utilityId, siteId, events } = command;
  const utility = await getActiveUtility(tx, utilityId);
  requireMember(tx.caller, utility, ['station', 'aaa']);
  await getStation(tx, utilityId, siteId);
  let last = '';
  for (const { eventId, atMs } of events) {
    const place = `${atMs.toString().padStart(14, '0')} ${eventId}`;
    ensure(last < place, 'INVALID_ARGUMENT', 'events ascend in time, those of one instant by their ids');
    last = place;
    tx.notInFuture(atMs, 'an event');
  }

  const keyOf = (eventId: string): string => stateKey.tamper(utilityId, siteId, eventId);
  const countKey = stateKey.tamperCount(utilityId, siteId);
  await tx.prefetch([countKey, ...events.map(({ eventId }) => keyOf(eventId))]);
  const before = await tx.find(tamperCountRecord, countKey);
  let count = before?.count ?? 0;
  for (const event of events) {
    const key = keyOf(event.eventId);
    const recorded = await tx.find(tamperRecord, key);
    if (recorded !== undefined) {
      const { deviceId, device, code, atMs, eventId } = recorded;
      const told = canonicalText(tamperEvent, { eventId, deviceId, device, code, atMs });
      ensure(
        told === canonicalText(tamperEvent, event),
        'CONFLICT',
        `${eventId} is recorded with other content`,
      );
      continue;
    }
    count += 1;
    tx.put(
      tamperRecord,
      key,
      {
        type: 'tamper',
        version: 1,
        ...{ utilityId, siteId, number: count },
        ...event,
        recordedAtMs: tx.nowMs,
      },
      { ofItem: true },
    );
  }
  if (count === before?.count) return;
  const version = (before?.version ?? 0) + 1;
  tx.put(tamperCountRecord, countKey, { type: 'tamperCount', version, utilityId, siteId, count });
};
