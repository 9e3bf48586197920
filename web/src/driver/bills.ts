import type { driverBills } from '@roamgrid/wire';
import type { z } from 'zod';
import { facts, h } from '../shared/dom.ts';
import { day, decimalText, duration, energy, money, month, percent } from '../shared/format.ts';
import type { AppConfig } from './sign-in.ts';

export type Bills = z.input<typeof driverBills>['bills'];
type Bill = Bills[number];

const STATE = {
  open: 'Still open: more sessions may come',
  issued: 'To pay',
  paid: 'Paid',
} as const;

const SOURCES = {
  NUCLEAR: 'nuclear power',
  GENERAL_FOSSIL: 'fossil fuels',
  COAL: 'coal',
  GAS: 'gas',
  GENERAL_GREEN: 'renewables',
  SOLAR: 'the sun',
  WIND: 'wind',
  WATER: 'water',
} as const;

/** What is left to pay of a bill. */
const openOf = ({ payableMicros, paidMicros }: Bill): string =>
  (BigInt(payableMicros) - BigInt(paidMicros)).toString();

const stateOf = (bill: Bill): string =>
  bill.state === 'issued' && bill.paidMicros !== '0'
    ? `Paid in part: ${money(openOf(bill), bill.currency)} to pay`
    : STATE[bill.state];

const AGREED = { station: 'You agreed at the station.', device: 'You agreed on your device.' } as const;

const batteryText = ({ soc }: Bill['lines'][number]): string =>
  soc === undefined ? '' : `Battery from ${percent(soc.beginPpm)} to ${percent(soc.endPpm)}. `;

/** How much of the energy was matched to generation of the same quarter-hours, by source. */
const originText = ({ origin = [], energyWh }: Bill['lines'][number]): string =>
  origin
    .map(({ source, energyWh: part }) => {
      const ppm = Number((BigInt(part) * 1_000_000n) / BigInt(energyWh));
      return ` ${percent(ppm)} from ${SOURCES[source]} of the same quarter-hours.`;
    })
    .join('');

function session(line: Bill['lines'][number], currency: string, names: AppConfig['names']): HTMLElement {
  return h(
    'li',
    {},
    h('span', { class: 'where' }, names[line.vun] ?? line.vun),
    h('span', { class: 'amount' }, money(line.exchanged?.totalMicros ?? line.totalMicros, currency)),
    line.exchanged === undefined
      ? undefined
      : h(
          'span',
          { class: 'lead' },
          `${money(line.totalMicros, line.exchanged.from)} at ${decimalText(line.exchanged.rateMicros, 6)} ${currency} for 1 ${line.exchanged.from} (${line.exchanged.source})`,
        ),
    h(
      'span',
      { class: 'lead' },
      `${day(line.startMs)}, ${energy(line.energyWh)} in ${duration(line.endMs - line.startMs)}. ${batteryText(line)}${AGREED[line.consentBy]}${originText(line)}`,
    ),
  );
}

function billCard(bill: Bill, { names, utilityName }: AppConfig): HTMLElement {
  const count = bill.lines.length;
  return h(
    'section',
    { class: 'card', 'data-bill': bill.billId },
    h('h2', {}, `Charging bill for ${month(bill.periodId)}`),
    h('p', { class: 'total' }, money(bill.payableMicros, bill.currency)),
    h('p', { class: 'state' }, stateOf(bill)),
    h('h3', {}, `${count} ${count === 1 ? 'session' : 'sessions'}`),
    h('ul', { class: 'sessions' }, ...bill.lines.map((line) => session(line, bill.currency, names))),
    facts([
      ['Sessions', money(bill.sessionsMicros, bill.currency)],
      [
        'Your share of the roaming income, given back',
        money(bill.creditMicros === '0' ? '0' : `-${bill.creditMicros}`, bill.currency),
      ],
      ['The bill', money(bill.payableMicros, bill.currency)],
      ['Paid', money(bill.paidMicros, bill.currency)],
      ['To pay', money(openOf(bill), bill.currency)],
    ]),
    h('p', { class: 'lead' }, `From ${utilityName} alone. Bill ${bill.billId}`),
  );
}

/** What a signed-in driver sees. */
export function billsScreen(bills: Bills, config: AppConfig, signOut: () => void): HTMLElement[] {
  return [
    h(
      'div',
      { class: 'head' },
      h('h1', {}, 'Your charging'),
      h('button', { type: 'button', onclick: signOut }, 'Sign out'),
    ),
    ...(bills.length === 0
      ? [h('p', { class: 'card' }, 'No bill yet. What you charge appears here when its period is billed.')]
      : bills.map((bill) => billCard(bill, config))),
  ];
}
