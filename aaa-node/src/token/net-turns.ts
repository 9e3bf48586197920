import type { Sender } from '@roamgrid/escrow';

/**
 * The keys of a net payment's calls. What the payee did not confirm comes back, and what is still owed then is paid in another
 * turn, with keys of its own.
 */
export interface TurnKeys {
  readonly deposit: string;
  readonly pay: string;
  readonly back: string;
  readonly withdraw: string;
}

const keysOf = (paymentId: string, turn: number): TurnKeys => {
  // The first has none of its own: so a payment that was begun before there were turns goes on.
  const key = (what: string) => `net-${what}:${paymentId}${turn === 1 ? '' : `:${turn}`}`;
  return { deposit: key('deposit'), pay: key('pay'), back: key('back'), withdraw: key('withdraw') };
};

/** The turn that a payment is in: the first whose money did not come back whole. */
export const turnOf = (
  sender: Pick<Sender, 'told'>,
  paymentId: string,
): { readonly isFirst: boolean; readonly keys: TurnKeys } => {
  for (let turn = 1; ; turn += 1) {
    const keys = keysOf(paymentId, turn);
    if (sender.told(keys.withdraw)?.state !== 'paid') return { isFirst: turn === 1, keys };
  }
};

/** Payments for which money was ever put in, whether or not the ledger still has them. */
export const begunPayments = (sender: Pick<Sender, 'keys'>): ReadonlySet<string> =>
  new Set(sender.keys().flatMap((key) => /^net-deposit:([^:]+)(?::\d+)?$/.exec(key)?.slice(1) ?? []));
