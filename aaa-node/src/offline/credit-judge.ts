import {
  hexOf,
  verifyCredit,
  type CreditHead,
  type CreditVerifying,
  type StatedHead,
} from '@roamgrid/offline';
import type { CreditFaultTable } from './credit-tables.ts';

/** What a phone told of its credit ledger, against what home has of it. */

export interface ToldCredit {
  readonly stated: StatedHead;
  readonly entries: readonly Uint8Array[];
}

export type CreditVerdict =
  | { readonly is: 'taken'; readonly head: CreditHead }
  /** It shows that two phones have the key, or that the phone writes what cannot be. */
  | {
      readonly is: 'fault';
      readonly kind: CreditFaultTable['kind'];
      readonly detail: string;
      /** Which of the entries that were told shows it, from 0; the head alone does if there is none. */
      readonly at?: number;
    }
  /** It says nothing: no phone of ours tells that. */
  | { readonly is: 'refused'; readonly detail: string };

const fault = (kind: CreditFaultTable['kind'], detail: string, at?: number): CreditVerdict => ({
  ...{ is: 'fault', kind, detail },
  ...(at !== undefined && { at }),
});

/**
 * Judges entries that come after what home has, with where the phone says that it stands. The head answers a challenge that home gave after it had all that
 * it has, and a phone keeps an entry before it tells it: so one that stands before it, or elsewhere, is not the phone that told it.
 * @param has the hash of an entry that home has, in hex
 */
export const judgeCredit = async (
  head: CreditHead,
  { stated, entries }: ToldCredit,
  by: CreditVerifying,
  has: (seq: number) => Promise<string | undefined>,
): Promise<CreditVerdict> => {
  const stands = `it says that it stands at ${stated.seq}`;
  if (stated.seq <= head.seq) {
    const isOwn = (await has(stated.seq)) === hexOf(stated.hash);
    if (!isOwn) return fault('forked', `${stands}, with another entry than home was told`);
    if (stated.seq < head.seq) return fault('rolled-back', `${stands}, and told ${head.seq} before`);
  }
  const gone = await verifyCredit(head, entries, by);
  if (!gone.ok) {
    const { code, message, at } = gone.error;
    if (code === 'CREDIT_FORKED') return fault('forked', message, at);
    if (code === 'CREDIT_BROKEN') return fault('broken', message, at);
    return { is: 'refused', detail: `${code}: ${message}` };
  }
  const { seq, hash } = gone.value;
  if (seq > stated.seq) return { is: 'refused', detail: `${stands}, and tells ${seq}` };
  if (seq === stated.seq && hexOf(hash) !== hexOf(stated.hash))
    return fault('forked', `${stands}, with another entry than it tells`, entries.length - 1);
  return { is: 'taken', head: gone.value };
};

/** What shows it: the first entry that cannot be; where an entry is missing, all that were told. */
export const evidenceOf = (
  { kind, at }: CreditVerdict & { readonly is: 'fault' },
  entries: readonly string[],
): readonly string[] => {
  if (at !== undefined) return entries.slice(at, at + 1);
  return kind === 'unsaid' ? entries : [];
};
