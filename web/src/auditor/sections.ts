import { h } from '../shared/dom.ts';
import { energy, money, shortId } from '../shared/format.ts';
import type { Cell } from '../shared/table.ts';
import type { ListName, Lists, Source } from './api.ts';
import { scopeText } from './tariff-check.ts';

/** One filter of a list: the query's name, what a person reads, and the values, when they are few. */
export interface Filter {
  readonly name: string;
  readonly label: string;
  readonly kind: 'choice' | 'utility' | 'text' | 'day';
  readonly choices?: readonly string[];
}

export interface Section<N extends ListName> {
  readonly name: N;
  readonly title: string;
  readonly filters: readonly Filter[];
  readonly heads: readonly string[];
  readonly numericFrom?: number;
  readonly row: (item: Lists[N]['items'][number], nameOf: (utilityId: string) => string) => readonly Cell[];
}

/** `2026-11-20 15:35` */
export const utc = (atMs: number) => new Date(atMs).toISOString().slice(0, 16).replace('T', ' ');
/** Records are read in full: nothing is rounded. */
const exact = (micros: string, currency: string) => money(micros, currency, undefined, 6);
const PRIVATE = 'private to the parties';
const UTILITY: Filter = { name: 'utilityId', label: 'Utility', kind: 'utility' };
const PERIOD: Filter = { name: 'periodId', label: 'Period (2026-11)', kind: 'text' };
const state = (...choices: readonly string[]): Filter => ({
  name: 'state',
  label: 'State',
  kind: 'choice',
  choices,
});

const sessions: Section<'sessions'> = {
  name: 'sessions',
  title: 'Sessions',
  filters: [
    state('opened', 'closed', 'voided', 'expired'),
    UTILITY,
    { name: 'laneId', label: 'Lane', kind: 'text' },
    { name: 'stationId', label: 'Station', kind: 'text' },
    { name: 'fromMs', label: 'Opened from (UTC)', kind: 'day' },
    { name: 'untilMs', label: 'Opened before (UTC)', kind: 'day' },
  ],
  heads: ['Session', 'Opened (UTC)', 'State', 'At', 'Home', 'Consent by', 'Energy', 'Total'],
  numericFrom: 6,
  row: ({ record, claimed, consentBy, cdr }, nameOf) => [
    h('a', { href: `#/sessions/${record.sessionId}` }, `Verify ${record.sessionId}`),
    utc(record.openedAtMs),
    claimed && record.state === 'opened' ? 'opened, end claimed' : record.state,
    nameOf(record.vun),
    nameOf(record.hun),
    consentBy ?? '',
    cdr === undefined ? '' : energy(cdr.energyWh),
    cdr === undefined ? PRIVATE : exact(cdr.totalMicros, cdr.currency),
  ],
};

const tariffs: Section<'tariffs'> = {
  name: 'tariffs',
  title: 'Tariffs',
  filters: [UTILITY, { name: 'atMs', label: 'In force on (UTC)', kind: 'day' }],
  heads: ['Tariff', 'Utility', 'For', 'Valid from (UTC)', 'Until (UTC)', 'Bound under', 'Price list'],
  row: ({ record, boundUnder }, nameOf) => [
    `${record.tariffId} version ${record.version}`,
    nameOf(record.utilityId),
    scopeText(record.appliesTo),
    utc(record.validFromMs),
    utc(record.validUntilMs),
    boundUnder.join(', ') || 'no agreement',
    h(
      'details',
      {},
      h('summary', {}, 'OCPI tariff'),
      h('pre', {}, JSON.stringify(JSON.parse(record.tariffJson), null, 1)),
    ),
  ],
};

const batches: Section<'batches'> = {
  name: 'batches',
  title: 'Batches',
  filters: [UTILITY],
  heads: ['Batch', 'Parties', 'Bills', 'Merkle root', 'Invoice'],
  row: (batch, nameOf) => [
    shortId(batch.batchId),
    lines([`from ${nameOf(batch.vun)}`, `to ${nameOf(batch.hun)}`]),
    `${batch.laneId} ${batch.fromSequence} to ${batch.toSequence}`,
    `${batch.merkleRoot.slice(0, 16)}…`,
    batch.invoiceId ?? 'not yet',
  ],
};

const invoices: Section<'invoices'> = {
  name: 'invoices',
  title: 'Invoices',
  filters: [state('issued', 'accepted', 'cancelled', 'netted', 'paid'), UTILITY, PERIOD],
  heads: ['Invoice', 'Parties', 'Period', 'State', 'Bills', 'Total', 'Payable'],
  numericFrom: 5,
  row: ({ record, state: stands, body }, nameOf) => [
    record.invoiceId,
    lines([`from ${nameOf(record.vun)}`, `to ${nameOf(record.hun)}`]),
    record.periodId,
    stands,
    `${record.laneId} ${record.fromSequence} to ${record.toSequence}`,
    body === undefined ? PRIVATE : exact(body.totalMicros, body.currency),
    body === undefined ? PRIVATE : exact(body.payableMicros, body.currency),
  ],
};

const nettings: Section<'nettings'> = {
  name: 'nettings',
  title: 'Settlements',
  filters: [state('open', 'settled', 'replaced'), PERIOD],
  heads: ['Netting', 'Period', 'State', 'Net positions', 'Sum', 'Payments'],
  row: ({ record: netting, state: stands, payments }, nameOf) => [
    netting.nettingId,
    netting.periodId,
    stands,
    lines(
      netting.positions.map((one) => `${nameOf(one.utilityId)} ${exact(one.netMicros, netting.currency)}`),
    ),
    exact(
      netting.positions.reduce((total, { netMicros }) => total + BigInt(netMicros), 0n).toString(),
      netting.currency,
    ),
    lines(
      payments.map(
        ({ payer, payee, amountMicros, state: paid }) =>
          `${nameOf(payer)} to ${nameOf(payee)} ${exact(amountMicros, netting.currency)}, ${paid}`,
      ),
    ),
  ],
};

/** Several short texts in one cell. */
export function lines(texts: readonly string[]): HTMLElement {
  return h('ul', { class: 'plain' }, ...texts.map((text) => h('li', {}, text)));
}

export const SECTIONS = { sessions, tariffs, invoices, nettings, batches } as const;
export type SectionName = keyof typeof SECTIONS;

export const isSection = (name: string): name is SectionName => Object.hasOwn(SECTIONS, name);

/** The query that a gateway takes, from what stands in the page's address: days become instants. */
export function queryOf(name: SectionName, chosen: URLSearchParams): Record<string, string> {
  const query: Record<string, string> = {};
  for (const { name: filter, kind } of SECTIONS[name].filters) {
    const value = chosen.get(filter)?.trim() ?? '';
    if (value !== '') query[filter] = kind === 'day' ? String(Date.parse(value)) : value;
  }
  return query;
}

/** A form that puts its choices into the page's address, so that a filtered list can be linked to. */
export function filterForm(
  name: SectionName,
  chosen: URLSearchParams,
  sources: readonly Source[],
): HTMLFormElement {
  const field = ({ name: filter, label, kind, choices = [] }: Filter): HTMLElement => {
    const id = `filter-${filter}`;
    const value = chosen.get(filter) ?? '';
    const options: readonly (readonly [string, string])[] =
      kind === 'utility'
        ? sources.map(({ utilityId, name: text }) => [utilityId, text] as const)
        : choices.map((choice) => [choice, choice] as const);
    const input =
      options.length > 0
        ? h(
            'select',
            { id, name: filter },
            h('option', { value: '' }, 'any'),
            ...options.map(([key, text]) => h('option', { value: key, selected: key === value }, text)),
          )
        : h('input', { id, name: filter, value, type: kind === 'day' ? 'date' : 'text' });
    return h('div', {}, h('label', { for: id }, label), input);
  };
  const form = h(
    'form',
    {
      class: 'filters',
      onsubmit: (event) => {
        event.preventDefault();
        const query = new URLSearchParams();
        for (const [key, value] of new FormData(form)) {
          if (typeof value === 'string' && value !== '') query.set(key, value);
        }
        location.hash = `/${name}?${query}`;
      },
    },
    ...SECTIONS[name].filters.map(field),
    h('button', { type: 'submit', class: 'primary' }, 'Show'),
  );
  return form;
}
