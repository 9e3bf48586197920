import { formatDecimal, formatMicros } from '@roamgrid/domain';
import type { ScenarioReport, SessionReport } from '@roamgrid/wire';

const usd = (micros: bigint, currency: string) => `${formatMicros(micros)} ${currency}`;
const kWh = (energyWh: bigint) => `${formatDecimal(energyWh, 3)} kWh`;
const utc = (atMs: number) => new Date(atMs).toISOString().replace('.000Z', 'Z');

function sessionText(session: SessionReport, number: number): string[] {
  const { currency } = session;
  const who = session.authorisedBy === 'home' ? 'by the home utility' : 'locally, from the cached profile';
  return [
    '',
    `Session ${number}  ${session.id}`,
    `  authorised ${who} in ${session.answerMs} ms at ${session.evseId}`,
    `  quote      about ${usd(session.estimateMicros, currency)}, never more than ${usd(session.capMicros, currency)} (tariff ${session.tariffId} v${session.tariffVersion}, loyalty ${session.loyalty})`,
    `  consent    ${utc(session.consentedAtMs)}`,
    `  charged    ${kWh(session.energyWh)} from ${utc(session.startMs)} to ${utc(session.endMs)}, ended: ${session.endReason}`,
    ...session.lines.map((line) => {
      const element = line.element === undefined ? '' : ` (tariff element ${line.element})`;
      const price = line.unitPrice === '' ? '' : ` at ${line.unitPrice}`;
      return `    ${line.kind.padEnd(10)} ${line.quantity} ${line.unit}${price}${element}: ${usd(line.amountMicros, currency)}`;
    }),
    `  total      ${usd(session.totalMicros, currency)} with tax ${usd(session.taxMicros, currency)}`,
    `  shares     visited utility ${usd(session.shares.vun, currency)}, infrastructure ${usd(session.shares.infrastructure, currency)}, home utility ${usd(session.shares.hun, currency)}, driver ${usd(session.shares.driver, currency)}`,
  ];
}

/** The report as a person reads it in a terminal. */
export function printReport(report: ScenarioReport): string {
  const currency = report.sessions[0]?.currency ?? 'USD';
  const name = (id: string) => report.utilities.find(({ utilityId }) => utilityId === id)?.name ?? id;
  const { reconciliation } = report;
  return [
    ...report.sessions.flatMap((session, i) => sessionText(session, i + 1)),
    '',
    ...report.invoices.map(
      (invoice) =>
        `Invoice  ${invoice.id}: ${name(invoice.vun)} to ${name(invoice.hun)}, ${invoice.sessions} sessions, ${usd(invoice.totalMicros, invoice.currency)}, payable ${usd(invoice.payableMicros, invoice.currency)}, ${invoice.state}`,
    ),
    ...report.bills.map(
      (bill) =>
        `Bill     ${bill.billId}: from ${name(bill.utilityId)}, ${bill.lines.length} sessions, ${usd(bill.sessionsMicros, bill.currency)} less the driver's share ${usd(bill.creditMicros, bill.currency)} = ${usd(bill.payableMicros, bill.currency)}`,
    ),
    ...Object.entries(report.netMicros).map(([id, net]) => `Net      ${name(id)}: ${usd(net, currency)}`),
    ...report.payments.map(
      (payment) =>
        `Payment  ${name(payment.payer)} to ${name(payment.payee)}: ${usd(payment.amountMicros, currency)}, ${payment.state}`,
    ),
    '',
    `Σ CDR ${usd(reconciliation.cdrMicros, currency)} = Σ invoice ${usd(reconciliation.invoiceMicros, currency)} = Σ shares ${usd(reconciliation.shareMicros, currency)}; Σ net ${usd(reconciliation.netMicros, currency)}: ${reconciliation.exact ? 'exact' : 'NOT EXACT'}`,
    `Chain of ${report.blocks} blocks on the ${report.ledger} ledger: ${report.chain}`,
    '',
  ].join('\n');
}
