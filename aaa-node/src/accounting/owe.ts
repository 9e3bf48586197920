import { sql } from 'kysely';
import type { Trx } from '../store/database.ts';
import { book, ledgerAccount, type JournalKind } from './journal.ts';

/** What somebody owes that is no session: to the utility at whose place it came about; negative where he is owed. */
export interface Owed {
  readonly entryId: string;
  readonly kind: JournalKind;
  readonly bookedAtMs: number;
  readonly vun: string;
  readonly hun: string;
  /** Of the customer; none when it is nobody's that this node knows. */
  readonly accountId: string | undefined;
  /** In the agreement's currency. */
  readonly micros: bigint;
  readonly currency: string;
  /** In the account's, where that is another one. */
  readonly billed: { readonly micros: bigint; readonly currency: string } | undefined;
}

/** Books it on both sides, in two entries where there are two currencies, and changes the account's balance by it. */
export const owe = async (trx: Trx, owed: Owed): Promise<void> => {
  const { entryId, kind, bookedAtMs, vun, hun, accountId, micros, currency, billed } = owed;
  const common = { kind, bookedAtMs } as const;
  const billMicros = billed?.micros ?? micros;
  const payable = {
    ledgerAccount: vun === hun ? ledgerAccount.ownStations : ledgerAccount.payable(vun),
    micros: -micros,
  };
  const owedBy = accountId === undefined ? ledgerAccount.heldBack : ledgerAccount.customer(accountId);
  const { exchanged } = ledgerAccount;
  await book(trx, {
    ...common,
    ...{ entryId, currency: billed?.currency ?? currency },
    lines: [
      { ledgerAccount: owedBy, micros: billMicros },
      billed === undefined ? payable : { ledgerAccount: exchanged, micros: -billMicros },
    ],
  });
  if (billed !== undefined)
    await book(trx, {
      ...common,
      ...{ entryId: `${entryId}:abroad`, currency },
      lines: [{ ledgerAccount: exchanged, micros }, payable],
    });
  if (accountId !== undefined)
    await trx
      .updateTable('account')
      .set({ balance_micros: sql<bigint>`balance_micros - ${billMicros}` })
      .where('account_id', '=', accountId)
      .execute();
};
