import type { scenarioReport } from '@roamgrid/wire';
import type { z } from 'zod';
import { facts, h } from '../shared/dom.ts';
import { duration, energy, money } from '../shared/format.ts';
import { find, load, wordsOf } from '../shared/load.ts';
import { table } from '../shared/table.ts';

/** Overview page: one run of the system from swipe to settled, as the report tells it. */
type Report = z.input<typeof scenarioReport>;
type Session = Report['sessions'][number];
interface Link {
  readonly label: string;
  readonly url: string;
}
interface Links {
  readonly kiosks: readonly Link[];
  readonly pages: readonly Link[];
}

/** Micros in full: this page is for reading the ledger, so nothing is rounded. */
const exact = (micros: string, currency: string) => money(micros, currency, undefined, 6);
const utc = (atMs: number) => new Date(atMs).toISOString().replace('.000Z', 'Z');
const AUTHORISED = { home: 'by the home utility', cache: 'locally, from the cached profile' } as const;

function sessionCard(session: Session, number: number): HTMLElement {
  const { currency } = session;
  return h(
    'section',
    { class: 'card' },
    h('h2', {}, `Session ${number}: ${energy(session.energyWh)} for ${money(session.totalMicros, currency)}`),
    facts([
      ['Authorised', AUTHORISED[session.authorisedBy]],
      ['Swipe to price', `${session.answerMs.toFixed(1)} ms`],
      ['Outlet', session.evseId],
      ['Tariff', `${session.tariffId} version ${session.tariffVersion}`],
      ['Quoted about', exact(session.estimateMicros, currency)],
      ['Consented cap', exact(session.capMicros, currency)],
      ['Consent', utc(session.consentedAtMs)],
      [
        'Charged',
        `${utc(session.startMs)}, ${duration(session.endMs - session.startMs)}, ended: ${session.endReason}`,
      ],
    ]),
    table(
      `Charge detail record of session ${number}`,
      ['Line', 'Tariff element', 'Quantity', 'Unit price', 'Amount'],
      session.lines.map((line) => [
        line.kind,
        line.element === undefined ? '' : String(line.element),
        `${line.quantity} ${line.unit === '1' ? '' : line.unit}`,
        line.unitPrice,
        exact(line.amountMicros, currency),
      ]),
      2,
    ),
    facts([
      ['Tax', exact(session.taxMicros, currency)],
      ['Total', exact(session.totalMicros, currency)],
      ['Share of the visited utility', exact(session.shares.vun, currency)],
      ['Share of the infrastructure', exact(session.shares.infrastructure, currency)],
      ['Share of the home utility', exact(session.shares.hun, currency)],
      ['Share of the driver', exact(session.shares.driver, currency)],
    ]),
  );
}

function moneyCard(report: Report): HTMLElement {
  const currency = report.sessions[0]?.currency ?? 'USD';
  const name = new Map(report.utilities.map((utility) => [utility.utilityId, utility.name]));
  const of = (id: string) => name.get(id) ?? id;
  return h(
    'section',
    { class: 'card' },
    h('h2', {}, 'Bill, invoice, settlement'),
    table(
      'The driver’s bills',
      ['Bill', 'From', 'Sessions', 'To pay'],
      report.bills.map((bill) => [
        bill.billId,
        of(bill.utilityId),
        String(bill.lines.length),
        exact(bill.payableMicros, currency),
      ]),
      2,
    ),
    table(
      'Invoices between utilities',
      ['Invoice', 'From', 'To', 'State', 'Total', 'Payable'],
      report.invoices.map((invoice) => [
        invoice.id,
        of(invoice.vun),
        of(invoice.hun),
        invoice.state,
        exact(invoice.totalMicros, currency),
        exact(invoice.payableMicros, currency),
      ]),
      4,
    ),
    table(
      'Net positions of the period',
      ['Utility', 'Net'],
      Object.entries(report.netMicros).map(([id, net]) => [of(id), exact(net, currency)]),
      1,
    ),
  );
}

const linkList = (links: readonly Link[]) =>
  h('ul', { class: 'plain' }, ...links.map(({ label, url }) => h('li', {}, h('a', { href: url }, label))));

function pagesCard({ kiosks, pages }: Links): HTMLElement | undefined {
  if (kiosks.length + pages.length === 0) return undefined;
  return h(
    'section',
    { class: 'card pages' },
    h('h2', {}, 'Try it yourself'),
    h('h3', {}, 'Charge at a station'),
    linkList(kiosks),
    h('h3', {}, 'Look at what it left'),
    linkList(pages),
  );
}

function proofCard(report: Report): HTMLElement {
  const { reconciliation } = report;
  const currency = report.sessions[0]?.currency ?? 'USD';
  const verdict = (good: boolean, text: string) =>
    h('p', { class: good ? 'good' : 'bad' }, `${good ? '✓' : '✗'} ${text}`);
  return h(
    'section',
    { class: 'card' },
    h('h2', {}, 'Does it add up?'),
    verdict(
      report.chain === 'verified',
      `Chain of ${report.blocks} blocks ${report.chain} on the ${report.ledger} ledger`,
    ),
    verdict(reconciliation.exact, 'Σ CDR = Σ invoice = Σ shares, Σ net = 0'),
    facts([
      ['Σ CDR', exact(reconciliation.cdrMicros, currency)],
      ['Σ invoice', exact(reconciliation.invoiceMicros, currency)],
      ['Σ shares', exact(reconciliation.shareMicros, currency)],
      ['Σ net', exact(reconciliation.netMicros, currency)],
      ['Grid demand readings on the ledger', String(report.gridDemand.readings)],
    ]),
  );
}

const main = find('main');
try {
  const [report, links] = await Promise.all([
    load<Report>('/overview/v1/report'),
    load<Links>('/overview/v1/links'),
  ]);
  main.replaceChildren(
    h('h1', {}, 'From swipe to settled'),
    h(
      'p',
      { class: 'lead' },
      `A customer of ${report.utilities[0]?.name ?? ''} charged ${report.sessions.length} times at ${report.utilities[1]?.name ?? ''} and got ${report.bills.length} bill.`,
    ),
    h('div', { class: 'two' }, proofCard(report), pagesCard(links)),
    ...report.sessions.map((session, i) => sessionCard(session, i + 1)),
    moneyCard(report),
  );
} catch (error) {
  main.replaceChildren(
    h('p', { class: 'card problem', role: 'alert' }, `The figures could not be loaded: ${wordsOf(error)}`),
  );
}
