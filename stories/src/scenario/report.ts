import { sumSplits } from '@roamgrid/domain';
import { sessionEvidence, type Cdr, type ScenarioReport, type SessionReport } from '@roamgrid/wire';
import type { HourlyDemand } from '../system/grid-demand.ts';
import type { ChainVerdict, LocalLedger } from '../system/ledger.ts';
import { until } from '../system/until.ts';
import type { RunningUtility } from '../system/utility.ts';
import type { Visit } from './charge.ts';
import type { Settlement } from './settle.ts';

/** The charge detail record that follows from what the ledger holds, from the evidence that an auditor gets. */
export async function committedCdr(visited: RunningUtility, sessionId: string): Promise<Cdr> {
  return until(`the record of session ${sessionId}`, async () => {
    const url = `${visited.gateway.url}/auditor/v1/sessions/${sessionId}`;
    const evidence = await visited.auditor('GET', url, undefined, sessionEvidence).catch(() => undefined);
    return evidence?.cdr;
  });
}

/** One session of the report: what was offered, consented and committed. */
export function sessionReport({ offer, answerMs }: Visit, cdr: Cdr, consentedAtMs: number): SessionReport {
  const { quote } = offer;
  return {
    id: cdr.sessionId,
    hun: cdr.hun,
    vun: cdr.vun,
    evseId: quote.evseId,
    authorisedBy: offer.authorisedBy,
    loyalty: offer.loyalty,
    answerMs: Math.round(answerMs * 10) / 10,
    tariffId: cdr.tariffId,
    tariffVersion: cdr.tariffVersion,
    adjustmentPpm: quote.adjustmentPpm,
    estimateMicros: quote.estimateMicros,
    capMicros: quote.capMicros,
    consentedAtMs,
    startMs: cdr.startMs,
    endMs: cdr.endMs,
    endReason: cdr.endReason,
    energyWh: cdr.energyWh,
    currency: cdr.currency,
    lines: cdr.lines,
    netMicros: cdr.netMicros,
    taxMicros: cdr.taxMicros,
    totalMicros: cdr.totalMicros,
    shares: cdr.shares,
  };
}

export interface ReportInputs {
  readonly scenario: string;
  readonly ledger: LocalLedger;
  readonly verdict: ChainVerdict;
  readonly utilities: readonly RunningUtility[];
  readonly sessions: readonly SessionReport[];
  readonly settlement: Settlement;
  readonly demand: readonly HourlyDemand[];
}

const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n);

/** The whole run as one object. */
export function scenarioReportOf({
  scenario,
  ledger,
  verdict,
  utilities,
  sessions,
  settlement,
  demand,
}: ReportInputs): ScenarioReport {
  const { invoices, bills, netting, payments } = settlement;
  const net = new Map(utilities.map(({ definition }) => [definition.utilityId, 0n]));
  for (const { utilityId, netMicros } of netting.positions) net.set(utilityId, netMicros);
  const split = sumSplits(sessions.map(({ shares }) => shares));
  const cdrMicros = sum(sessions.map(({ totalMicros }) => totalMicros));
  const invoiceMicros = sum(invoices.map(({ body }) => body.totalMicros));
  const shareMicros = split.hun + split.vun + split.infrastructure + split.driver;
  const netMicros = sum([...net.values()]);
  const watts = demand.map(({ demandW }) => demandW).sort((a, b) => (a < b ? -1 : 1));
  return {
    scenario,
    ledger: ledger.kind,
    chain: verdict.verified ? 'verified' : 'broken',
    blocks: verdict.blocks,
    utilities: utilities.map(({ definition: { utilityId, name, mspId } }) => ({ utilityId, name, mspId })),
    sessions: [...sessions],
    bills: [...bills],
    invoices: invoices.map(({ record, body, state }) => ({
      id: record.invoiceId,
      vun: record.vun,
      hun: record.hun,
      state,
      currency: body.currency,
      sessions: body.sessions,
      energyWh: body.energyWh,
      totalMicros: body.totalMicros,
      payableMicros: body.payableMicros,
      shares: body.shares,
    })),
    netMicros: Object.fromEntries(net),
    payments: payments.map(({ payer, payee, amountMicros, state }) => ({
      payer,
      payee,
      amountMicros,
      state,
    })),
    reconciliation: {
      cdrMicros,
      invoiceMicros,
      shareMicros,
      netMicros,
      exact: cdrMicros === invoiceMicros && invoiceMicros === shareMicros && netMicros === 0n,
    },
    gridDemand: {
      readings: demand.length,
      peakW: (watts.at(-1) ?? 0n).toString(),
      lowW: (watts[0] ?? 0n).toString(),
    },
  };
}
