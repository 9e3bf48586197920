import { h } from '../shared/dom.ts';
import { day } from '../shared/format.ts';
import { table } from '../shared/table.ts';
import type { TamperView } from './state.ts';

/** Tampering with devices of the utility's sites, as the ledger has it. */

const WHAT: Readonly<Record<string, string>> = {
  AUTHENTICATIONS_FAILED: 'Ten authentications in a row failed',
  BADGES_REFUSED: 'Ten badges in a row were refused',
};

/** What the card shows below its title. */
export const tamperingParts = (events: readonly TamperView[]): readonly Node[] =>
  events.length === 0
    ? [h('p', { class: 'good' }, 'Nobody has tampered with a device of a site.')]
    : [
        table(
          'Tampering as the ledger has it',
          ['Site', 'Number', 'Device', 'What', 'When', 'Recorded'],
          events.map(({ siteId, number, deviceId, device, code, atMs, recordedAtMs }) => [
            siteId,
            number.toString(),
            `${device} ${deviceId}`,
            WHAT[code] ?? code,
            day(atMs),
            day(recordedAtMs),
          ]),
        ),
      ];
