import { netPayments, netPositions, unwrap, UtilityId } from '@roamgrid/domain';
import type { NettingRecord, PayableStatement } from '@roamgrid/wire';
import { ensure } from '../context/index.ts';

/** Net positions of a period and the payments that settle them, by the rule that every member can recompute. */
export const settle = (
  nettingId: string,
  payables: readonly PayableStatement[],
): Pick<NettingRecord, 'positions' | 'payments'> => {
  const net = unwrap(
    netPositions(
      payables.map(({ debtor, creditor, payableMicros }) => ({
        debtor: unwrap(UtilityId.parse(debtor)),
        creditor: unwrap(UtilityId.parse(creditor)),
        micros: payableMicros,
      })),
    ),
  );
  const sum = net.reduce((total, { netMicros }) => total + netMicros, 0n);
  ensure(sum === 0n, 'NOT_BALANCED', `the net positions sum to ${sum}, not to zero`);
  return {
    positions: net.map(({ utility, netMicros }) => ({ utilityId: utility, netMicros })),
    payments: netPayments(net).map(({ payer, payee, micros }, index) => ({
      paymentId: `${nettingId}.${index + 1}`,
      payer,
      payee,
      amountMicros: micros,
      state: 'due',
    })),
  };
};
