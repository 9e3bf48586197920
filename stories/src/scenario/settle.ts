import {
  bill as billSchema,
  invoiceRunAnswer,
  nettingRecord,
  type Bill,
  type InvoiceBody,
  type InvoiceRecord,
  type NettingRecord,
} from '@roamgrid/wire';
import { z } from 'zod';
import { tell } from '../system/register.ts';
import { until } from '../system/until.ts';
import type { RunningUtility } from '../system/utility.ts';

export interface Settlement {
  readonly invoices: readonly { record: InvoiceRecord; body: InvoiceBody }[];
  readonly bills: readonly Bill[];
  readonly netting: NettingRecord;
}

const billsAnswer = z.strictObject({ bills: z.array(billSchema) });
const reviewsAnswer = z.looseObject({
  reviews: z.array(
    z.looseObject({ invoiceId: z.string(), outcome: z.string(), reasons: z.array(z.string()) }),
  ),
});

/** Read a netting from the ledger through a utility's gateway. */
async function netting(utility: RunningUtility, nettingId: string): Promise<NettingRecord> {
  return until(`netting ${nettingId}`, async () => {
    const page = z.looseObject({ items: z.array(nettingRecord) });
    const { items } = await utility.auditor(
      'GET',
      `${utility.gateway.url}/auditor/v1/nettings`,
      undefined,
      page,
    );
    return items.find((each) => each.nettingId === nettingId);
  });
}

/**
 * Close a period: the visited utility invoices, the homes review and accept, all net, payers pay and payees confirm,
 * and the homes bill their customers. Each step is idempotent; the ledger keeps them in order.
 * @param sessions how many sessions the period must have before it can be closed
 */
export async function settlePeriod(
  visited: RunningUtility,
  homes: readonly RunningUtility[],
  periodId: string,
  currency: string,
  progress: (text: string) => void,
): Promise<Settlement> {
  progress(`${visited.definition.name} invoices the sessions of ${periodId}`);
  const issued = await visited.operator(
    'POST',
    `${visited.aaa.url}/operator/v1/periods/${periodId}/invoices`,
    undefined,
    invoiceRunAnswer,
  );
  const invoiceIds = issued.invoices.map(({ record }) => record.invoiceId);

  for (const home of homes) {
    progress(`${home.definition.name} checks every charge record against its own and accepts`);
    const own = issued.invoices
      .filter(({ record }) => record.hun === home.definition.utilityId)
      .map(({ record }) => record.invoiceId);
    await until(`acceptance by ${home.definition.name}`, async () => {
      const { reviews } = await home.operator(
        'POST',
        `${home.aaa.url}/operator/v1/invoice-reviews`,
        undefined,
        reviewsAnswer,
      );
      const refused = reviews.find(
        ({ invoiceId, outcome }) => own.includes(invoiceId) && outcome === 'refused',
      );
      if (refused) throw new Error(`invoice ${refused.invoiceId} was refused: ${refused.reasons.join('; ')}`);
      return (
        own.every((id) =>
          reviews.some(({ invoiceId, outcome }) => invoiceId === id && outcome === 'accepted'),
        ) || undefined
      );
    });
  }

  progress('the period is netted on the ledger; the payer pays, the payee confirms');
  const nettingId = `net-${visited.definition.utilityId}-${periodId}`;
  await tell(visited.operator, visited, 'netting', 'net', {
    commandId: nettingId,
    nettingId,
    periodId,
    currency,
    invoiceIds,
  });
  const open = await netting(visited, nettingId);
  const byId = new Map([visited, ...homes].map((utility) => [utility.definition.utilityId, utility]));
  for (const payment of open.payments) {
    for (const [step, party] of [
      ['sent', payment.payer],
      ['confirmed', payment.payee],
    ] as const) {
      const utility = byId.get(party);
      if (!utility) throw new Error(`no utility ${party} runs here`);
      const command = {
        commandId: `${payment.paymentId}-${step}`,
        nettingId,
        paymentId: payment.paymentId,
        step,
        reference: `E2E-${payment.paymentId}`,
      };
      await tell(utility.operator, utility, 'netting', 'confirmPayment', command);
    }
  }

  const bills: Bill[] = [];
  for (const home of homes) {
    progress(`${home.definition.name} bills its customers, one bill each`);
    const answer = await home.operator(
      'POST',
      `${home.aaa.url}/operator/v1/periods/${periodId}/bills`,
      { issue: true },
      billsAnswer,
    );
    bills.push(...answer.bills);
  }
  const settled = await until('settlement', async () => {
    const record = await netting(visited, nettingId);
    return record.state === 'settled' ? record : undefined;
  });
  const paid = await visited.operator(
    'POST',
    `${visited.aaa.url}/operator/v1/periods/${periodId}/invoices`,
    undefined,
    invoiceRunAnswer,
  );
  return { invoices: paid.invoices, bills, netting: settled };
}
