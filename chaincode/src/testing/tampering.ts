import type { JsonValue, TamperEvent } from '@roamgrid/wire';
import { by, NOW_MS, saltOf, STATION_ID } from './parties.ts';

/** Ten failures in a row at a gate, so many minutes before now. */
export const tamperAt = (name: string, minutesAgo: number, over: Partial<TamperEvent> = {}): TamperEvent => ({
  eventId: saltOf(`tamper ${name}`),
  deviceId: 'gate-1',
  device: 'gate',
  code: 'AUTHENTICATIONS_FAILED',
  atMs: NOW_MS - minutesAgo * 60_000,
  ...over,
});

/** Tells of events at a site. */
export const tampering = (commandId: string, events: readonly TamperEvent[], siteId = STATION_ID) => ({
  caller: by('USDUK', 'aaa'),
  verb: 'grid.recordTampering',
  command: {
    commandId,
    utilityId: 'USDUK',
    siteId,
    events: events.map((event): JsonValue => ({ ...event })),
  },
});
