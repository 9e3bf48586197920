import type { NettedPosition } from '@roamgrid/wire';
import type { Invoiced, Paid, RoundSeen } from './round.ts';

export const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, each) => total + each, 0n);

/** What a member is owed by some invoices, less what it owes. */
export const invoicedNet = (invoices: readonly Invoiced[], utilityId: string): bigint =>
  sum(
    invoices.map(({ vun, hun, payableMicros }) =>
      vun === utilityId ? payableMicros : hun === utilityId ? -payableMicros : 0n,
    ),
  );

/** What a member got by some payments, less what it paid. */
export const paidNet = (payments: readonly Paid[], utilityId: string): bigint =>
  sum(
    payments.map(({ payer, payee, countedMicros }) =>
      payee === utilityId ? countedMicros : payer === utilityId ? -countedMicros : 0n,
    ),
  );

const NOTHING: Omit<NettedPosition, 'utilityId'> = {
  netMicros: 0n,
  broughtMicros: 0n,
  stoodMicros: 0n,
  payableMicros: 0n,
  carriedMicros: 0n,
};

/** A member's position in a round; nothing where it has none. */
export const positionOf = ({ positions }: Pick<RoundSeen, 'positions'>, utilityId: string): NettedPosition =>
  positions.find((each) => each.utilityId === utilityId) ?? { utilityId, ...NOTHING };
