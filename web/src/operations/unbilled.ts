import { h } from '../shared/dom.ts';
import { day, energy, sentence } from '../shared/format.ts';
import { table } from '../shared/table.ts';
import type { UnbilledList, UnbilledView } from './state.ts';

/** Sessions that charged, or may have, and that nobody pays for: each with its number, its reason and what was seen of it. */

const WHY: { readonly [C in UnbilledView['code']]: string } = {
  unbillable: 'Cannot be billed',
  'station-silent': 'The station fell silent',
  'record-refused': 'The ledger refused its record',
};

const ON_LEDGER: { readonly [S in UnbilledView['ledger']]: string } = {
  voided: 'void',
  opened: 'open, to be void',
  closed: 'closed',
  expired: 'expired',
  'not-opened': 'never opened',
};

const sumText = ({ items, isWhole }: UnbilledList): string => {
  const energyWh = items.reduce((sum, each) => sum + BigInt(each.energyWh), 0n);
  const count = `${items.length} ${items.length === 1 ? 'session' : 'sessions'}`;
  return `${isWhole ? count : `The newest ${count}`}, ${energy(energyWh.toString())} given away.`;
};

/** Whether a session stands there now that did not before. */
export const hasNewUnbilled = (before: UnbilledList, now: UnbilledList): boolean => {
  const known = new Set(before.items.map(({ sessionId }) => sessionId));
  return now.items.some(({ sessionId }) => !known.has(sessionId));
};

/** What the card shows below its title. */
export const unbilledParts = (unbilled: UnbilledList): readonly Node[] =>
  unbilled.items.length === 0
    ? [h('p', { class: 'good' }, 'No session ended without a bill.')]
    : [
        h('p', { class: 'bad', id: 'unbilled-sum' }, sumText(unbilled)),
        table(
          'Sessions that nobody pays for, newest first',
          ['Session', 'Station', 'Energy', 'Why', 'Began', 'Closed', 'Ledger'],
          unbilled.items.map((each) => [
            h('span', { class: 'id' }, each.sessionId),
            `${each.stationId}, outlet ${each.evseId}`,
            energy(each.energyWh),
            `${WHY[each.code]}. ${sentence(each.detail)}`,
            day(each.openedAtMs),
            day(each.closedAtMs),
            ON_LEDGER[each.ledger],
          ]),
        ),
      ];
