import { isBankId } from '../iso20022/bank-text.ts';

/**
 * What goes with the money: the payment's own id, so that the payee knows it without being told; sent again, it has the
 * number of the attempt behind a slash, which no payment's id has.
 */
export const endToEndIdOf = (paymentId: string, attempt: number): string => {
  const id = attempt === 1 ? paymentId : `${paymentId}/${attempt}`;
  if (!isBankId(id)) throw new Error(`${id} does not come back from a bank as it was given`);
  return id;
};

/** The payment that an end-to-end id is of. */
export const paymentIdOf = (endToEndId: string): string => endToEndId.replace(/\/\d+$/, '');
