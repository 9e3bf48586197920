import type { JsonValue } from '@roamgrid/wire';
import type { Utility } from './parties.ts';
import { PERIOD, type NettingStage } from './netting.ts';

/** What payers and payees say of the payments of the first netting. */

const idOf = (payment: number): string => `net-${PERIOD}-1-USD.${payment}`;

export const sent = (stage: NettingStage, payer: Utility, payment: number, endToEndId = `E2E-${payment}`) =>
  stage.parts(payer, 'payment.send', { paymentId: idOf(payment), means: { kind: 'bank', endToEndId } });

export const receiptFor = (
  payment: number,
  amountMicros: bigint,
  name = 'first',
  over: Record<string, JsonValue> = {},
): Record<string, JsonValue> => ({
  receiptId: `r-${payment}-${name}`,
  of: {
    kind: 'bank',
    entryReference: `entry-${payment}-${name}`,
    endToEndId: `E2E-${payment}`,
    statementHash: 'ab'.repeat(32),
  },
  currency: 'USD',
  amountMicros: amountMicros.toString(),
  valueAtMs: 0,
  ...over,
});

export const received = (
  stage: NettingStage,
  payee: Utility,
  payment: number,
  amountMicros: bigint,
  name = 'first',
  over: Record<string, JsonValue> = {},
) =>
  stage.parts(payee, 'payment.receive', {
    paymentId: idOf(payment),
    receipt: receiptFor(payment, amountMicros, name, over),
  });
