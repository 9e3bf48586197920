import {
  agreementTerms,
  auditedInvoicePage,
  auditedNettingPage,
  auditedStationPage,
  auditedTariffPage,
  auditedUtilityPage,
  invoiceBody,
  invoiceRecord,
  nettingRecord,
  sessionCloseBody,
  sessionEvidence,
  stationRecord,
  tariffRecord,
  utilityRecord,
  type AgreementTerms,
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
  tariff: tariffRecord,
  terms: agreementTerms,
  invoice: z.strictObject({ record: invoiceRecord, body: invoiceBody }),
  netting: nettingRecord,
});
export type BillEvidence = z.infer<typeof billEvidence>;

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
  const { cdr } = sessionCloseBody.parse(JSON.parse(required(session.closeBody, 'close body')));
  const open = z
    .object({ quote: z.object({ stationId: z.string() }) })
    .parse(JSON.parse(required(session.openBody, 'open body')));
  const utilities = await get('utilities', auditedUtilityPage);
  const stations = await get('stations', auditedStationPage);
  const tariffs = await get(`tariffs?utilityId=${cdr.vun}`, auditedTariffPage);
  const invoices = await get(`invoices?utilityId=${cdr.vun}`, auditedInvoicePage);
  const invoice = required(
    invoices.items.find(({ body }) => body?.batchIds.includes(session.batch?.batchId ?? '')),
    'invoice of the session',
  );
  const nettings = await get('nettings', auditedNettingPage);
  return {
    sessionId,
    session,
    utilities: utilities.items.filter(({ utilityId }) => utilityId === cdr.hun || utilityId === cdr.vun),
    station: required(
      stations.items.find(({ stationId }) => stationId === open.quote.stationId),
      'station',
    ),
    tariff: required(
      tariffs.items.find(
        ({ record }) => record.tariffId === cdr.tariffId && record.version === cdr.tariffVersion,
      )?.record,
      'tariff',
    ),
    terms,
    invoice: { record: invoice.record, body: required(invoice.body, 'invoice body') },
    netting: required(
      nettings.items.find(({ invoiceIds }) => invoiceIds.includes(invoice.record.invoiceId)),
      'netting',
    ),
  };
}
