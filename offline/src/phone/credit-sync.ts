import { ok, type Result } from '@roamgrid/domain';
import type { Suite } from '../suite/suite.ts';
import type { IssuerList } from '../token/issuer-list.ts';
import type { CreditError, CreditLedger } from './credit-ledger.ts';

/** What home says of a phone's ledger before it is told anything. */
export interface CreditStanding {
  /** Of this answer, good for the next word of the phone. */
  readonly challenge: Uint8Array;
  /** The last entry that home has. */
  readonly seq: number;
}

/** Home, as a phone reaches it. Both throw when home is not reached, or takes nothing of this phone: it says why. */
export interface CreditHome {
  standing(): Promise<CreditStanding>;
  tell(told: {
    /** Where the phone stands, signed, with the challenge. */
    readonly head: Uint8Array;
    readonly entries: readonly Uint8Array[];
  }): Promise<CreditStanding & { readonly ack: Uint8Array }>;
}

/** Entries that a phone tells in one go, beyond which it waits for the next time: more than it writes in months. */
const MOST_ROUNDS = 50;

/**
 * Tells home what happened since it heard last, and takes its word of what is billed. It may be cut off at any point, and done again.
 * @throws what the way home throws
 */
export const syncCredit = async (
  ledger: CreditLedger,
  home: CreditHome,
  { members, suite }: { readonly members: IssuerList; readonly suite: Pick<Suite, 'verify'> },
): Promise<Result<undefined, CreditError>> => {
  let standing = await home.standing();
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const head = await ledger.state(standing.challenge);
    const { ack, ...next } = await home.tell({ head, entries: ledger.since(standing.seq) });
    const taken = await ledger.take(ack, members, suite);
    if (!taken.ok || next.seq >= ledger.head.seq) return taken;
    standing = next;
  }
  return ok(undefined);
};
