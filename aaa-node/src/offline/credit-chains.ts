import { goneOn, hexOf, readCreditEntry, startOf, type CreditHead, type PublicKey } from '@roamgrid/offline';
import { NODE_SUITE } from '@roamgrid/offline/node';
import type { Trx } from '../store/database.ts';
import type { CreditLedgerTable } from './credit-tables.ts';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64url'));

/** Ledgers that were added up lately. */
const MOST_KEPT = 500;

/** What phones' ledgers come to, added up from the entries that home has: those were verified when they came. */
export const createCreditChains = () => {
  const kept = new Map<string, CreditHead>();

  const added = async (trx: Trx, keyPoint: string, from: CreditHead): Promise<CreditHead> => {
    const rows = await trx
      .selectFrom('credit_entry')
      .select('entry')
      .where('key_point', '=', keyPoint)
      .where('seq', '>', from.seq)
      .orderBy('seq')
      .execute();
    let head = from;
    for (const { entry } of rows) {
      const read = await readCreditEntry(bytes(entry), NODE_SUITE);
      const next = read.ok ? goneOn(head, read.value) : read;
      if (!next.ok) throw new Error(`entry ${head.seq + 1} of a credit ledger: ${next.error.code}`);
      head = next.value;
    }
    return head;
  };

  return {
    /** @param key with all of y */
    async head(
      trx: Trx,
      ledger: Pick<CreditLedgerTable, 'key_point' | 'head'>,
      key: PublicKey,
    ): Promise<CreditHead> {
      const keyPoint = ledger.key_point;
      const known = kept.get(keyPoint);
      const isHead = (head: CreditHead | undefined): head is CreditHead =>
        head !== undefined && hexOf(head.hash) === ledger.head;
      const grown = known && (await added(trx, keyPoint, known));
      // A customer who was forgotten, and came back with the same key, has another ledger.
      const head = isHead(grown) ? grown : await added(trx, keyPoint, await startOf(key, NODE_SUITE));
      if (!isHead(head)) throw new Error('a credit ledger does not end where home says');
      kept.delete(keyPoint);
      kept.set(keyPoint, head);
      const [oldest] = kept.keys();
      if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
      return head;
    },
  };
};
