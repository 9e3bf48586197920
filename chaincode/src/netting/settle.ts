import { currencyCode, netPayments, payablePositions, unwrap, type NetPosition } from '@roamgrid/domain';
import type { NettedPosition, NettingRecord } from '@roamgrid/wire';

/** What stands beside the balances of a netting, by member. */
export interface Beside {
  /** Left over by earlier nettings of the currency. */
  readonly brought: ReadonlyMap<string, bigint>;
  /** Paid less received in payments of the netting that this one replaces. */
  readonly stood: ReadonlyMap<string, bigint>;
}

/** What a netting comes to, by the rule that every member can compute: positions, what is carried, payments. */
export const settle = (
  nettingId: string,
  currency: string,
  net: readonly NetPosition<string>[],
  { brought, stood }: Beside,
): Pick<NettingRecord, 'positions' | 'payments'> => {
  const nets = new Map(net.map(({ utility, netMicros }) => [utility, netMicros]));
  const members = [...new Set([...nets.keys(), ...brought.keys(), ...stood.keys()])].sort();
  const owed = members.map((utility) => ({
    utility,
    netMicros: (nets.get(utility) ?? 0n) + (brought.get(utility) ?? 0n) + (stood.get(utility) ?? 0n),
  }));
  const payable = payablePositions(owed, unwrap(currencyCode(currency)));
  return {
    positions: payable.map(({ utility, netMicros, carriedMicros }): NettedPosition => ({
      utilityId: utility,
      netMicros: nets.get(utility) ?? 0n,
      broughtMicros: brought.get(utility) ?? 0n,
      stoodMicros: stood.get(utility) ?? 0n,
      payableMicros: netMicros,
      carriedMicros,
    })),
    payments: netPayments(payable).map(({ payer, payee, micros }, index) => ({
      paymentId: `${nettingId}.${index + 1}`,
      payer,
      payee,
      amountMicros: micros,
    })),
  };
};
