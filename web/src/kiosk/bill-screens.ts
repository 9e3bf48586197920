import { facts, h } from '../shared/dom.ts';
import { station, type Of } from './api.ts';
import type { Surroundings } from './surroundings.ts';
import { standardWord } from './standard-words.ts';
import { button } from './parts.ts';
import type { Speech } from './words/speech.ts';

type Line = Of<'bill'>['bill']['lines'][number];
const PER_SECOND = 1000;

/** What a line of an estimate or of a bill is for. */
function lineLabel({ kind, unit, quantity, unitPrice }: Line, currency: string, speech: Speech): string {
  const { words, write } = speech;
  const name = words.bill.line[kind];
  const per = (of: string) => `${write.decimal(unitPrice)} ${currency}/${of}`;
  if (unit === 'Wh') return words.bill.at(name, write.energy(quantity), per('kWh'));
  if (unit === 's')
    return words.bill.at(name, write.duration(Number(quantity) * PER_SECOND), per(words.bill.hour));
  return name;
}

/** The lines that make up an amount, tax last. */
export const lineFacts = (
  { lines, taxMicros }: { readonly lines: readonly Line[]; readonly taxMicros: string },
  currency: string,
  speech: Speech,
): (readonly [string, string])[] => [
  ...lines.map(
    (line) => [lineLabel(line, currency, speech), speech.write.money(line.amountMicros, currency)] as const,
  ),
  ...(taxMicros === '0' ? [] : [[speech.words.bill.tax, speech.write.money(taxMicros, currency)] as const]),
];

/** The end is kept and will reach home; only the amount is not known here. */
export function billComes({ ended }: Of<'bill-later'>, { info, run, speech }: Surroundings): HTMLElement {
  const { write } = speech;
  const words = speech.words.bill;
  return h(
    'section',
    { class: 'card' },
    h('h1', {}, words.title),
    h('p', { class: 'lead' }, words.ended[ended.endReason]),
    h('p', {}, words.later(ended.homeUtilityName)),
    facts([
      [words.energy, write.energy(ended.energyWh)],
      ...(ended.socPpm === undefined
        ? []
        : [[words.battery, words.charged(write.percent(ended.socPpm))] as const]),
      [words.time, write.duration(ended.endMs - ended.startMs)],
      [words.to, write.localTime(ended.endMs, info.timeZone)],
    ]),
    h('p', { class: 'lead' }, words.unlocked),
    h('p', { class: 'lead reference' }, words.session(ended.sessionId)),
    h(
      'div',
      { class: 'row' },
      button(words.done, () => run(station.done), 'primary'),
    ),
  );
}

export function billed({ bill }: Of<'bill'>, { info, run, speech }: Surroundings): HTMLElement {
  const { write } = speech;
  const words = speech.words.bill;
  const { soc } = bill;
  return h(
    'div',
    { class: 'two' },
    h(
      'section',
      { class: 'card' },
      h('h1', {}, words.title),
      h('p', { class: 'lead' }, words.ended[bill.endReason]),
      h('p', { class: 'total', id: 'total' }, write.money(bill.totalMicros, bill.currency)),
      facts([
        [words.energy, write.energy(bill.energyWh)],
        ...(soc === undefined
          ? []
          : [
              [
                words.battery,
                words.chargedFrom(write.percent(soc.endPpm), write.percent(soc.beginPpm)),
              ] as const,
            ]),
        [words.time, write.duration(bill.endMs - bill.startMs)],
        [words.from, write.localTime(bill.startMs, info.timeZone)],
        [words.to, write.localTime(bill.endMs, info.timeZone)],
      ]),
    ),
    h(
      'section',
      { class: 'card' },
      h('h2', {}, words.lines),
      facts([
        ...lineFacts(bill, bill.currency, speech),
        [words.total, write.money(bill.totalMicros, bill.currency)],
      ]),
      h('p', {}, bill.consentBy === 'device' ? words.agreedOnDevice : words.agreedHere),
      h('p', {}, words.home(bill.homeUtilityName)),
      h('p', { class: 'lead' }, words.unlocked),
      h('p', { class: 'lead reference' }, words.session(bill.sessionId)),
      h('p', { class: 'lead reference' }, words.endedAs(standardWord(bill.endReason))),
      h(
        'div',
        { class: 'row' },
        button(words.done, () => run(station.done), 'primary'),
      ),
    ),
  );
}
