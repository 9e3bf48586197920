import {
  auditedInvoicePage,
  bill as billSchema,
  cdrPage,
  type Bill,
  type Cdr,
  type InvoiceBody,
} from '@roamgrid/wire';
import { z } from 'zod';
import { invoicePeriod } from '../../scenario/settle.ts';
import { asker } from '../../system/ask.ts';
import { until } from '../../system/until.ts';
import type { OfflineStage } from '../stage.ts';

/** What became of it on the ledger, on the invoice of the pair and on the driver's bill. */

/** A session as each of them has it: energy and amounts as whole numbers. */
export interface BookedSession {
  /** Of the token that it began by. */
  readonly tokenId: string;
  readonly sessionId: string;
  readonly energyWh: string;
  readonly micros: string;
  /** What the shares of all parties come to together. */
  readonly sharesMicros: string;
  readonly billedWh: string;
  readonly billedMicros: string;
}

export interface BooksSeen {
  readonly sessions: readonly BookedSession[];
  readonly invoice: { readonly sessions: number; readonly micros: string };
  readonly bill: {
    readonly sessionsMicros: string;
    readonly shareMicros: string;
    readonly payableMicros: string;
  };
  /** Every block, signature and state, read anew from the files. */
  readonly chain: 'verified' | 'broken';
}

/** Of the station of the evening. */
const LANE = 'USDUK-USALP-g0';

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((all, each) => all + each, 0n);

/** What home is told of the sessions of the tokens, once the last of them has come. */
export const fedTo = ({ system, alabama }: OfflineStage, tokenIds: readonly string[]) => {
  const { utilityId } = alabama.definition;
  const aaa = asker(system.keys.key(`${utilityId}-aaa`), 'aaa', utilityId, 'aaa');
  return until('home is told of all sessions', async () => {
    const url = `${alabama.gateway.url}/internal/v1/cdrs?role=hun&limit=500`;
    const { items } = await aaa('GET', url, undefined, cdrPage);
    const own = items.filter(({ profileId = '' }) => tokenIds.includes(profileId));
    return tokenIds.every((tokenId) => own.some(({ profileId }) => profileId === tokenId)) ? own : undefined;
  });
};

const issuedBill = async (
  { alabama }: OfflineStage,
  periodId: string,
  sessions: readonly string[],
): Promise<Bill> => {
  const url = `${alabama.aaa.url}/operator/v1/periods/${periodId}/bills`;
  const answer = z.strictObject({ bills: z.array(billSchema) });
  return until('the driver is billed', async () => {
    const { bills } = await alabama.operator('POST', url, { issue: true }, answer);
    return bills.find(({ lines }) => sessions.every((id) => lines.some(({ sessionId }) => sessionId === id)));
  });
};

const invoicesOf = async ({ duke }: OfflineStage, periodId: string): Promise<readonly InvoiceBody[]> => {
  const { utilityId } = duke.definition;
  const url = `${duke.gateway.url}/auditor/v1/invoices?utilityId=${utilityId}&periodId=${periodId}&limit=500`;
  const { items } = await duke.auditor('GET', url, undefined, auditedInvoicePage);
  return items.flatMap(({ body }) => (body === undefined ? [] : [body]));
};

const sharesOf = ({ shares }: Cdr): bigint => shares.hun + shares.vun + shares.infrastructure + shares.driver;

/** Closes the month of the evening. @param tokenIds by which sessions began that are to be booked */
export const closeBooks = async (
  stage: OfflineStage,
  tokenIds: readonly string[],
  periodId: string,
  progress: (text: string) => void,
): Promise<BooksSeen> => {
  const { system, alabama, duke } = stage;
  const fed = await fedTo(stage, tokenIds);
  await invoicePeriod(duke, [alabama], periodId, progress);
  const bill = await issuedBill(
    stage,
    periodId,
    fed.map(({ cdr }) => cdr.sessionId),
  );
  const invoices = (await invoicesOf(stage, periodId)).filter(({ laneId }) => laneId === LANE);
  progress('verifying every block, signature and state again, from the files');
  const { verified } = await system.ledger.verify();
  return {
    sessions: fed.map(({ cdr, profileId = '' }) => {
      const line = bill.lines.find(({ sessionId }) => sessionId === cdr.sessionId);
      return {
        ...{ tokenId: profileId, sessionId: cdr.sessionId, energyWh: cdr.energyWh.toString() },
        ...{ micros: cdr.totalMicros.toString(), sharesMicros: sharesOf(cdr).toString() },
        billedWh: (line?.energyWh ?? -1n).toString(),
        billedMicros: (line?.totalMicros ?? -1n).toString(),
      };
    }),
    invoice: {
      sessions: invoices.reduce((all, { sessions }) => all + sessions, 0),
      micros: sum(invoices.map(({ totalMicros }) => totalMicros)).toString(),
    },
    bill: {
      sessionsMicros: bill.sessionsMicros.toString(),
      shareMicros: bill.creditMicros.toString(),
      payableMicros: bill.payableMicros.toString(),
    },
    chain: verified ? 'verified' : 'broken',
  };
};
