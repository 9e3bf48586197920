import type { paymentMethod } from '@roamgrid/wire';
import type { z } from 'zod';
import { aaaError } from '../problems.ts';
import type { PaymentMethod } from '../store/schema.ts';

/** Why a method of the roaming vocabulary cannot be chosen here now; total, so that a new method must be decided on. */
const NOT_OFFERED: Readonly<Record<z.infer<typeof paymentMethod>, string | undefined>> = {
  postpaid: undefined,
  prepaid: undefined,
  debit: 'debit in real time needs a bank connection that this utility does not have yet',
  'credit-card': 'card payment needs a card acquirer that this utility does not have yet',
  crypto: undefined,
};

/** The method, when accounts of it can be opened. By token only where the node knows a chain. */
export const offeredPaymentMethod = (
  method: z.infer<typeof paymentMethod>,
  hasChain: boolean,
): PaymentMethod => {
  const why = NOT_OFFERED[method];
  if (why !== undefined) throw aaaError('PAYMENT_METHOD_NOT_OFFERED', why);
  if (method === 'crypto' && !hasChain)
    throw aaaError(
      'PAYMENT_METHOD_NOT_OFFERED',
      'payment by token needs a chain, and none is configured here',
    );
  return method === 'prepaid' || method === 'crypto' ? method : 'postpaid';
};
