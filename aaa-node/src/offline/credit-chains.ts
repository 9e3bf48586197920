import { setImmediate } from 'node:timers/promises';
import { goOn, hexOf, readCreditEntry, startOf, type CreditHead, type PublicKey } from '@roamgrid/offline';
import { NODE_SUITE } from '@roamgrid/offline/node';
import type { Trx } from '../store/database.ts';
import type { CreditLedgerTable } from './credit-tables.ts';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64url'));

/** Ledgers that were added up lately. */
const MOST_KEPT = 500;
/** Entries that are added up in one go: some milliseconds. */
const AT_ONCE = 200;

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
    const going = goOn(from);
    for (const [at, { entry }] of rows.entries()) {
      // Others are answered meanwhile.
      if (at % AT_ONCE === AT_ONCE - 1) await setImmediate();
      const read = await readCreditEntry(bytes(entry), NODE_SUITE);
      const next = read.ok ? going.add(read.value) : read;
      if (!next.ok) throw new Error(`entry ${from.seq + at + 1} of a credit ledger: ${next.error.code}`);
    }
    return going.head();
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
