import { createHash } from 'node:crypto';
import type { AccountReport, Movement } from '../iso20022/read-statement.ts';

/** A booked movement under the name that it has in every message which tells of it. */
export interface KeyedMovement extends Movement {
  /** Of the own account that it moved. */
  readonly account: string;
  readonly movementId: string;
  /** What the bank calls it, or what we do where it has no name for it. */
  readonly reference: string;
}

const digest = (...parts: readonly (string | undefined)[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);

/**
 * What is booked in a report. A notification and the statement of the day tell of one booking, and count it once: by the
 * bank's reference, the same in both. Where a bank gives none, by all that it says of the booking, and of alike ones by how
 * many the report has.
 */
export const keyedMovements = (accounts: AccountReport['accounts']): readonly KeyedMovement[] => {
  const alike = new Map<string, number>();
  return accounts.flatMap(({ account, movements }) =>
    movements
      .filter(({ status }) => status === 'booked')
      .map((movement) => {
        const { bankReference, direction, isReversal, amount, valuedOn, endToEndId, remittance } = movement;
        const turn = `${direction} ${isReversal ? 'back' : 'on'}`;
        if (bankReference !== undefined) {
          const movementId = `bank-${digest(account, turn, bankReference)}`;
          return { ...movement, account, movementId, reference: bankReference };
        }
        const content = digest(
          account,
          turn,
          `${amount.minor} ${amount.currency}`,
          valuedOn,
          endToEndId,
          remittance,
          movement.counterparty.account,
        );
        const at = (alike.get(content) ?? 0) + 1;
        alike.set(content, at);
        return { ...movement, account, movementId: `bank-${content}-${at}`, reference: `${content}-${at}` };
      }),
  );
};
