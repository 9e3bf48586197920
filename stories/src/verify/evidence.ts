import {
  agreementRecord,
  agreementTerms,
  auditedAgreementPage,
  auditedInvoicePage,
  auditedNettingPage,
  auditedStationPage,
  auditedTariff,
  auditedTariffPage,
  auditedUtilityPage,
  invoiceBody,
  invoiceRecord,
  nettingIdOf,
  nettingRecord,
  pairOf,
  parseOpened,
  sessionEvidence,
  stationRecord,
  utilityRecord,
  type AgreementTerms,
  type InvoiceRecord,
  type NettingRecord,
} from '@roamgrid/wire';
import { z } from 'zod';
import type { RunningUtility } from '../system/utility.ts';

/**
 * Everything that one billed session rests on, in one file: from the meter's signature to the net position.
 * It holds what the two parties may see of each other, so it goes to auditors, never to the public.
 */
export const billEvidence = z.strictObject({
  sessionId: z.string(),
  session: sessionEvidence,
  utilities: z.array(utilityRecord),
  station: stationRecord,
  agreement: agreementRecord,
  tariff: auditedTariff,
  terms: agreementTerms,
  invoice: z.strictObject({ record: invoiceRecord, body: invoiceBody }),
  netting: nettingRecord,
});
export type BillEvidence = z.infer<typeof billEvidence>;

/** Whether a netting has an invoice in it: it names the first cast, and its pair is still in. */
export const takes = (
  { periodId, round, currency, pairs }: NettingRecord,
  { nettingId, vun, hun }: InvoiceRecord,
): boolean => {
  const pair = pairOf(vun, hun);
  return (
    nettingId === nettingIdOf(periodId, round, currency) &&
    pairs.some(({ low, high }) => low === pair.low && high === pair.high)
  );
};

const required = <T>(value: T | undefined, what: string): T => {
  if (value === undefined) throw new Error(`the gateway gave no ${what}`);
  return value;
};

/** Gather the evidence of one settled session as the auditor, from the visited utility's gateway. */
export async function collectEvidence(
  visited: RunningUtility,
  sessionId: string,
  terms: AgreementTerms,
): Promise<BillEvidence> {
  const get = <S extends z.ZodType>(path: string, answer: S) =>
    visited.auditor('GET', `${visited.gateway.url}/auditor/v1/${path}`, undefined, answer);
  const session = await get(`sessions/${sessionId}`, sessionEvidence);
  const { quote } = parseOpened(required(session.openBody, 'open body')).open;
  const utilities = await get('utilities', auditedUtilityPage);
  const stations = await get('stations', auditedStationPage);
  const agreements = await get('agreements', auditedAgreementPage);
  const tariffs = await get(`tariffs?utilityId=${quote.vun}`, auditedTariffPage);
  const invoices = await get(`invoices?utilityId=${quote.vun}`, auditedInvoicePage);
  const invoice = required(
    invoices.items.find(({ body }) => body?.batchIds.includes(session.batch?.batchId ?? '')),
    'invoice of the session',
  );
  const nettings = await get('nettings', auditedNettingPage);
  return {
    sessionId,
    session,
    utilities: utilities.items.filter(({ utilityId }) => utilityId === quote.hun || utilityId === quote.vun),
    station: required(
      stations.items.find(({ stationId }) => stationId === quote.stationId),
      'station',
    ),
    agreement: required(
      agreements.items.find(({ agreementId }) => agreementId === quote.agreementId),
      'agreement',
    ),
    tariff: required(
      tariffs.items.find(
        ({ record }) => record.tariffId === quote.tariffId && record.version === quote.tariffVersion,
      ),
      'tariff',
    ),
    terms,
    invoice: { record: invoice.record, body: required(invoice.body, 'invoice body') },
    netting: required(
      nettings.items.find(({ record, state }) => state !== 'replaced' && takes(record, invoice.record)),
      'netting',
    ).record,
  };
}
