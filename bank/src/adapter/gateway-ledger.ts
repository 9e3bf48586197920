import { createHash } from 'node:crypto';
import {
  auditedNettingPage,
  auditedUnmatchedPage,
  operatorReceipt,
  paymentCommands,
  type PaymentRecord,
  type Receipt,
} from '@roamgrid/wire';
import { z } from 'zod';
import type { BankReceipt, LedgerPayment, PaymentLedger } from '../desk/payment-ledger.ts';
import { askerOf } from './ask.ts';

const PAGE = 500;
/** What stands for an end-to-end id that a bank lost: an id of the ledger cannot be empty. */
const NOT_PROVIDED = 'NOTPROVIDED';

/** The same command, however often it is told. */
const commandId = (...parts: readonly string[]): string =>
  `bank-${createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 40)}`;

const paymentOf = (record: PaymentRecord): LedgerPayment => ({
  ...record,
  sent: record.sent.flatMap((means) => (means.kind === 'bank' ? [means.endToEndId] : [])),
});

const receiptOf = (given: BankReceipt): Receipt => ({
  receiptId: given.receiptId,
  of: {
    kind: 'bank',
    entryReference: given.entryReference,
    endToEndId: given.endToEndId ?? NOT_PROVIDED,
    statementHash: given.statementHash,
  },
  currency: given.currency,
  amountMicros: given.amountMicros,
  valueAtMs: given.valueAtMs,
});

/** The ledger through the own utility's gateway, as an operator of it. */
export const gatewayLedger = (
  gatewayUrl: string,
  utilityId: string,
  sign: (audience: string) => Promise<string>,
): PaymentLedger => {
  const ask = askerOf(gatewayUrl, sign);
  const all = async <T>(
    path: string,
    page: z.ZodType<{ readonly items: readonly T[]; readonly cursor?: string | undefined }>,
  ): Promise<readonly T[]> => {
    const items: T[] = [];
    let after: string | undefined;
    do {
      const query = new URLSearchParams({ limit: PAGE.toString(), ...(after !== undefined && { after }) });
      const found = await ask('GET', `${path}${path.includes('?') ? '&' : '?'}${query.toString()}`, page);
      items.push(...found.items);
      after = found.cursor;
    } while (after !== undefined);
    return items;
  };
  const tell = async <V extends keyof typeof paymentCommands>(
    verb: V,
    command: z.output<(typeof paymentCommands)[V]>,
  ): Promise<void> => {
    const wire = z.encode(paymentCommands[verb] as z.ZodType, command);
    await ask('POST', `/operator/v1/commands/payment/${verb}`, operatorReceipt, { command: wire });
  };

  return {
    async payments() {
      const nettings = await all('/auditor/v1/nettings', auditedNettingPage);
      // What a later cast took the place of is not owed: what of it still holds stands with that one.
      const own = nettings
        .filter(({ state }) => state !== 'replaced')
        .flatMap(({ payments }) => payments)
        .filter(({ payer, payee }) => payer === utilityId || payee === utilityId);
      return [...new Map(own.map((record) => [record.paymentId, paymentOf(record)])).values()];
    },
    async unmatched() {
      const records = await all(`/auditor/v1/unmatched?utilityId=${utilityId}`, auditedUnmatchedPage);
      return records.map(({ receipt }) => receipt.receiptId);
    },
    send: (paymentId, endToEndId) =>
      tell('send', {
        commandId: commandId('send', paymentId, endToEndId),
        paymentId,
        means: { kind: 'bank', endToEndId },
      }),
    receive: (paymentId, receipt) =>
      tell('receive', {
        commandId: commandId('receive', paymentId, receipt.receiptId),
        paymentId,
        receipt: receiptOf(receipt),
      }),
    undo: (paymentId, receiptId) =>
      tell('undo', {
        commandId: commandId('undo', paymentId, receiptId),
        paymentId,
        receiptId,
        how: 'reversed',
      }),
    keepUnmatched: (receipt) =>
      tell('unmatched', {
        commandId: commandId('unmatched', utilityId, receipt.receiptId),
        utilityId,
        receipt: receiptOf(receipt),
      }),
  };
};
