import type { Removal } from './removal.ts';

const NETTING = 'chaincode/src/netting';

/** How the guards of nettings and payments are taken out. */
export const nettingRemovals: readonly Removal[] = [
  {
    guard: 'netting-balance',
    file: `${NETTING}/transactions/close.ts`,
    find: 'lowOwesMicros === sums.get(currency)?.lowOwesMicros,',
    replace: 'true,',
  },
  {
    guard: 'netting-commitment',
    file: `${NETTING}/transactions/close.ts`,
    find: 'commitTo({ micros: lowOwesMicros, blinding }) === commitment,',
    replace: 'true,',
  },
  {
    guard: 'position-proven',
    file: `${NETTING}/transactions/position.ts`,
    find: 'new Commitments().opens(partsOf(pairs, utilityId), { micros: netMicros, blinding }),',
    replace: 'true,',
  },
  {
    guard: 'netting-silence',
    file: `${NETTING}/prove.ts`,
    find: 'silent.length === 0 || silence.isOver,',
    replace: 'true,',
  },
  {
    guard: 'money-once',
    file: 'chaincode/src/payment/payments.ts',
    find: 'await tx.requireAbsent(key);',
    replace: '',
  },
];
