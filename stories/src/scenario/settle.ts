import { createHash } from 'node:crypto';
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

type AuditedNetting = z.output<typeof auditedNetting>;

const billsAnswer = z.strictObject({ bills: z.array(billSchema) });
const reviewsAnswer = z.looseObject({
  reviews: z.array(
    z.looseObject({ invoiceId: z.string(), outcome: z.string(), reasons: z.array(z.string()) }),
  ),
});

/** Nettings of a period as a utility's gateway has them. */
const nettingsOf = async (utility: RunningUtility, periodId: string): Promise<readonly AuditedNetting[]> => {
  const url = `${utility.gateway.url}/auditor/v1/nettings?periodId=${periodId}&limit=500`;
  return (await utility.auditor('GET', url, undefined, auditedNettingPage)).items;
};

/** The netting of a round that is in a state. */
const nettingIn = (
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

/** Money that came for a payment, as a bank's statement would say it. */
export const receiptFor = ({ paymentId, currency, amountMicros }: Owed, valueAtMs: number) => ({
  receiptId: `r-${paymentId}`,
  of: {
    kind: 'bank',
    entryReference: paymentId,
    endToEndId: paymentId,
    statementHash: createHash('sha256').update(paymentId).digest('hex'),
  },
  currency,
  amountMicros: amountMicros.toString(),
  valueAtMs,
});
type Owed = Pick<PaymentRecord, 'paymentId' | 'currency' | 'amountMicros'>;

/** The payer sends a payment, and the payee gets it whole. */
const pay = async (
  payer: RunningUtility,
  payee: RunningUtility,
  payment: PaymentRecord,
  valueAtMs: number,
): Promise<void> => {
  const { paymentId } = payment;
  await tell(payer.operator, payer, 'payment', 'send', {
    commandId: `send-${paymentId}`,
    paymentId,
    means: { kind: 'bank', endToEndId: paymentId },
  });
  // The payee's gateway asks both for their endorsement once it has read the payment.
  await until(`payment ${paymentId} at the payee`, async () =>
    (await nettingsOf(payee, payment.periodId))
      .flatMap(({ payments }) => payments)
      .find((each) => each.paymentId === paymentId && each.state === 'sent'),
  );
  await tell(payee.operator, payee, 'payment', 'receive', {
    commandId: `receive-${paymentId}`,
    paymentId,
    receipt: receiptFor(payment, valueAtMs),
  });
};

/** How a story closes a period otherwise than by people's word. */
export interface Closing {
  /** Sees to one payment until it is confirmed. */
  readonly pay: (payment: PaymentRecord) => Promise<void>;
  /** Whether the homes bill their customers at the end. */
  readonly isBilled: boolean;
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
  closing?: Closing,
): Promise<Settlement> {
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

  progress('the period is netted on the ledger; the payer pays, the payee confirms');
  const round = Math.max(0, ...(await nettingsOf(visited, periodId)).map(({ record }) => record.round)) + 1;
  await tell(visited.operator, visited, 'netting', 'call', {
    commandId: `call-${periodId}-${round}`,
    utilityId: visited.definition.utilityId,
    periodId,
    round,
  });
  const open = await until(`round ${round} of ${periodId}`, async () =>
    (await nettingsOf(visited, periodId)).find(
      ({ record }) => record.round === round && record.currency === currency,
    ),
  );
  const byId = new Map([visited, ...homes].map((utility) => [utility.definition.utilityId, utility]));
  for (const payment of open.payments) {
    const payer = byId.get(payment.payer);
    const payee = byId.get(payment.payee);
    if (!payer || !payee) throw new Error(`${payment.payer} or ${payment.payee} does not run here`);
    if (closing === undefined) await pay(payer, payee, payment, open.record.nettedAtMs);
    else await closing.pay(payment);
  }

  const bills: Bill[] = [];
  for (const home of closing?.isBilled === false ? [] : homes) {
    progress(`${home.definition.name} bills its customers, one bill each`);
    const answer = await home.operator(
      'POST',
      `${home.aaa.url}/operator/v1/periods/${periodId}/bills`,
      { issue: true },
      billsAnswer,
    );
    bills.push(...answer.bills);
  }
  const settled = await nettingIn(visited, periodId, round, currency, 'settled');
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
