import type { driverBills } from '@roamgrid/wire';
import type { z } from 'zod';
import { facts, h } from '../shared/dom.ts';
import { decimalText } from '../shared/format.ts';
import { contestOf, type ContestView } from './contest.ts';
import type { AppConfig } from './sign-in.ts';
import { speech } from './words/speech.ts';

export type Bills = z.input<typeof driverBills>['bills'];
type Bill = Bills[number];

/** What stands beside the bills, and what the driver can do. */
export interface BillsView extends ContestView {
  readonly config: AppConfig;
  readonly signOut: () => void;
}

/** What is left to pay of a bill. */
const openOf = ({ payableMicros, paidMicros }: Bill): string =>
  (BigInt(payableMicros) - BigInt(paidMicros)).toString();

const stateOf = (bill: Bill): string => {
  const { words, write } = speech();
  return bill.state === 'issued' && bill.paidMicros !== '0'
    ? words.bills.paidInPart(write.money(openOf(bill), bill.currency))
    : words.bills.states[bill.state];
};

/** How much of the energy was matched to generation of the same quarter-hours, by source. */
const originTexts = ({ origin = [], energyWh }: Bill['lines'][number]): string[] => {
  const { words, write } = speech();
  return origin.map(({ source, energyWh: part }) => {
    const ppm = Number((BigInt(part) * 1_000_000n) / BigInt(energyWh));
    return words.bills.origin(write.percent(ppm), words.bills.sources[source]);
  });
};

/** What is told of a session beside its amount, in sentences. */
const tellings = (line: Bill['lines'][number], names: AppConfig['names']): string => {
  const { words, write } = speech();
  const { soc } = line;
  return [
    words.bills.took(
      write.day(line.startMs),
      write.energy(line.energyWh),
      write.duration(line.endMs - line.startMs),
    ),
    ...(soc === undefined
      ? []
      : [words.bills.battery(write.percent(soc.beginPpm), write.percent(soc.endPpm))]),
    words.bills.agreed[line.consentBy],
    words.bills.metered[line.meteredBy](names[line.vun] ?? line.vun),
    ...originTexts(line),
  ].join(' ');
};

/** By which rate an amount came into the bill's currency; nothing where it was in it. */
const exchangedText = (
  micros: string,
  exchanged: { readonly from: string; readonly rateMicros: string; readonly source: string } | undefined,
  currency: string,
): HTMLElement | undefined => {
  const { words, write } = speech();
  if (exchanged === undefined) return undefined;
  const { from, rateMicros, source } = exchanged;
  const rate = `${write.decimal(decimalText(rateMicros, 6))} ${currency}`;
  const text = words.bills.exchanged(write.money(micros, from), rate, `1 ${from}`, source);
  return h('span', { class: 'lead' }, text);
};

function session(line: Bill['lines'][number], currency: string, view: BillsView): HTMLElement {
  const { write } = speech();
  const { exchanged } = line;
  const { names } = view.config;
  return h(
    'li',
    {},
    h('span', { class: 'where' }, names[line.vun] ?? line.vun),
    h('span', { class: 'amount' }, write.money(exchanged?.totalMicros ?? line.totalMicros, currency)),
    exchangedText(line.totalMicros, exchanged, currency),
    h('span', { class: 'lead' }, tellings(line, names)),
    contestOf(line.sessionId, view),
  );
}

/** What a reservation came to. */
function booking(
  line: NonNullable<Bill['bookings']>[number],
  currency: string,
  view: BillsView,
): HTMLElement {
  const { words, write } = speech();
  const { exchanged, state } = line;
  return h(
    'li',
    { 'data-reservation': line.reservationId },
    h('span', { class: 'where' }, view.config.names[line.vun] ?? line.vun),
    h('span', { class: 'amount' }, write.money(exchanged?.micros ?? line.micros, currency)),
    exchangedText(line.micros, exchanged, currency),
    h('span', { class: 'lead' }, words.bills.booked(write.day(line.fromMs), words.bills.ends[state])),
  );
}

/** What his car gave, or his house did for its grid, as an amount that the driver is owed. */
function given(line: NonNullable<Bill['given']>[number], currency: string, view: BillsView): HTMLElement {
  const { words, write } = speech();
  const { exchanged } = line;
  return h(
    'li',
    { 'data-given': line.batchId },
    h('span', { class: 'where' }, view.config.names[line.vun] ?? line.vun),
    h('span', { class: 'amount' }, write.money(`-${exchanged?.micros ?? line.micros}`, currency)),
    exchangedText(line.micros, exchanged, currency),
    h(
      'span',
      { class: 'lead' },
      line.line === undefined
        ? words.bills.gave(
            write.day(line.fromMs),
            write.energy(line.energyWh),
            write.duration(line.untilMs - line.fromMs),
          )
        : words.bills.house[line.line](write.day(line.fromMs), write.energy(line.energyWh)),
    ),
  );
}

/** What lines come to in the bill's currency. */
const inBill = (
  lines: readonly { readonly micros: string; readonly exchanged?: { readonly micros: string } }[],
): bigint => lines.reduce((sum, { micros, exchanged }) => sum + BigInt(exchanged?.micros ?? micros), 0n);

/** What disputes about sessions of earlier bills came to. */
const correctedOf = (corrections: NonNullable<Bill['corrections']>): string =>
  corrections
    .reduce((sum, each) => sum + BigInt(each.totalMicros) - BigInt(each.driverShareMicros), 0n)
    .toString();

function billCard(bill: Bill, view: BillsView): HTMLElement {
  const { utilityName } = view.config;
  const { write } = speech();
  const words = speech().words.bills;
  const { currency } = bill;
  return h(
    'section',
    { class: 'card', 'data-bill': bill.billId },
    h('h2', {}, words.of(write.month(bill.periodId))),
    h('p', { class: 'total' }, write.money(bill.payableMicros, currency)),
    h('p', { class: 'state' }, stateOf(bill)),
    h('h3', {}, words.sessions(bill.lines.length)),
    h('ul', { class: 'sessions' }, ...bill.lines.map((line) => session(line, currency, view))),
    ...(bill.bookings === undefined
      ? []
      : [
          h('h3', {}, words.bookings),
          h('ul', { class: 'sessions' }, ...bill.bookings.map((line) => booking(line, currency, view))),
        ]),
    ...(bill.given === undefined
      ? []
      : [
          h('h3', {}, words.given),
          h('ul', { class: 'sessions' }, ...bill.given.map((line) => given(line, currency, view))),
        ]),
    facts([
      [words.sum, write.money(bill.sessionsMicros, currency)],
      [words.credit, write.money(bill.creditMicros === '0' ? '0' : `-${bill.creditMicros}`, currency)],
      ...(bill.corrections === undefined
        ? []
        : [[words.corrected, write.money(correctedOf(bill.corrections), currency)] as const]),
      ...(bill.bookings === undefined
        ? []
        : [[words.bookings, write.money(inBill(bill.bookings).toString(), currency)] as const]),
      ...(bill.given === undefined
        ? []
        : [[words.given, write.money((-inBill(bill.given)).toString(), currency)] as const]),
      [words.payable, write.money(bill.payableMicros, currency)],
      [words.paid, write.money(bill.paidMicros, currency)],
      [words.toPay, write.money(openOf(bill), currency)],
    ]),
    h('p', { class: 'lead' }, words.from(utilityName, bill.billId)),
  );
}

/** What a signed-in driver sees. */
export function billsScreen(bills: Bills, view: BillsView): HTMLElement[] {
  const { words } = speech();
  return [
    h(
      'div',
      { class: 'head' },
      h('h1', {}, words.bills.title),
      h('button', { type: 'button', onclick: view.signOut }, words.signIn.out),
    ),
    ...(bills.length === 0
      ? [h('p', { class: 'card' }, words.bills.none)]
      : bills.map((bill) => billCard(bill, view))),
  ];
}
