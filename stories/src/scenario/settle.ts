import {
  auditedInvoicePage,
  auditedNettingPage,
  bill as billSchema,
  invoiceRunAnswer,
  type Bill,
  type InvoiceBody,
  type InvoiceRecord,
  type auditedInvoice,
  type auditedNetting,
  type NettingRecord,
  type PaymentRecord,
} from '@roamgrid/wire';
import { z } from 'zod';
import { tell } from '../system/register.ts';
import { until } from '../system/until.ts';
import type { RunningUtility } from '../system/utility.ts';

export interface Settlement {
  readonly invoices: readonly {
    readonly record: InvoiceRecord;
    readonly body: InvoiceBody;
    readonly state: z.output<typeof auditedInvoice>['state'];
  }[];
  readonly bills: readonly Bill[];
  readonly netting: NettingRecord;
  readonly payments: readonly PaymentRecord[];
}

export type AuditedNetting = z.output<typeof auditedNetting>;

const billsAnswer = z.strictObject({ bills: z.array(billSchema) });
const reviewsAnswer = z.looseObject({
  reviews: z.array(
    z.looseObject({ invoiceId: z.string(), outcome: z.string(), reasons: z.array(z.string()) }),
  ),
});

/** Nettings of a period as a utility's gateway has them. */
export const nettingsOf = async (
  utility: RunningUtility,
  periodId: string,
): Promise<readonly AuditedNetting[]> => {
  const url = `${utility.gateway.url}/auditor/v1/nettings?periodId=${periodId}&limit=500`;
  return (await utility.auditor('GET', url, undefined, auditedNettingPage)).items;
};

/** The netting of a round that is in a state. */
export const nettingIn = (
  utility: RunningUtility,
  periodId: string,
  round: number,
  currency: string,
  state: AuditedNetting['state'],
): Promise<AuditedNetting> =>
  until(`round ${round} of ${periodId} ${state}`, async () =>
    (await nettingsOf(utility, periodId)).find(
      (each) => each.record.round === round && each.record.currency === currency && each.state === state,
    ),
  );

/** How a story closes a period. */
export interface Closing {
  /** Sees to one payment until it is confirmed. */
  readonly pay: (payment: PaymentRecord) => Promise<void>;
  /** Whether the homes bill their customers at the end; they do when left out. */
  readonly isBilled?: boolean;
}

/** The visited utility invoices a period; each home reviews and accepts what is for it. */
export async function invoicePeriod(
  visited: RunningUtility,
  homes: readonly RunningUtility[],
  periodId: string,
  progress: (text: string) => void,
): Promise<void> {
  progress(`${visited.definition.name} invoices the sessions of ${periodId}`);
  const issued = await visited.operator(
    'POST',
    `${visited.aaa.url}/operator/v1/periods/${periodId}/invoices`,
    undefined,
    invoiceRunAnswer,
  );

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
          reviews.some(
            ({ invoiceId, outcome }) => invoiceId === id && (outcome === 'accepted' || outcome === 'in-part'),
          ),
        ) || undefined
      );
    });
  }
}

/** A utility calls the next round of a period, and all net it. @returns the netting as the utility has it */
export async function netRound(
  caller: RunningUtility,
  periodId: string,
  currency: string,
): Promise<AuditedNetting> {
  const round = Math.max(0, ...(await nettingsOf(caller, periodId)).map(({ record }) => record.round)) + 1;
  await tell(caller.operator, caller, 'netting', 'call', {
    commandId: `call-${periodId}-${round}`,
    utilityId: caller.definition.utilityId,
    periodId,
    round,
  });
  return until(`round ${round} of ${periodId}`, async () =>
    (await nettingsOf(caller, periodId)).find(
      ({ record }) => record.round === round && record.currency === currency,
    ),
  );
}

/**
 * Close a period: the visited utility invoices, the homes review and accept, all net, payers pay and payees confirm,
 * and the homes bill their customers. Each step is idempotent; the ledger keeps them in order.
 */
export async function settlePeriod(
  visited: RunningUtility,
  homes: readonly RunningUtility[],
  periodId: string,
  currency: string,
  progress: (text: string) => void,
  { pay, isBilled = true }: Closing,
): Promise<Settlement> {
  await invoicePeriod(visited, homes, periodId, progress);
  progress('the period is netted on the ledger; the payer pays, the payee confirms');
  const { record, payments } = await netRound(visited, periodId, currency);
  for (const payment of payments) await pay(payment);

  const bills: Bill[] = [];
  for (const home of isBilled ? homes : []) {
    progress(`${home.definition.name} bills its customers, one bill each`);
    const answer = await home.operator(
      'POST',
      `${home.aaa.url}/operator/v1/periods/${periodId}/bills`,
      { issue: true },
      billsAnswer,
    );
    bills.push(...answer.bills);
  }
  const settled = await nettingIn(visited, periodId, record.round, currency, 'settled');
  const { items } = await visited.auditor(
    'GET',
    `${visited.gateway.url}/auditor/v1/invoices?utilityId=${visited.definition.utilityId}&periodId=${periodId}&limit=500`,
    undefined,
    auditedInvoicePage,
  );
  const invoices = items.flatMap(({ record, body, state }) =>
    body !== undefined && record.vun === visited.definition.utilityId ? [{ record, body, state }] : [],
  );
  return { invoices, bills, netting: settled.record, payments: settled.payments };
}
