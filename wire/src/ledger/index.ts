/** Commands, queries and records of the smart contracts, by contract namespace. */
import { bookingCommands, bookingQueries } from '../energy/booking-commands.ts';
import { clearingCommands, clearingQueries } from './clearing.ts';
import { consortiumCommands, consortiumQueries } from './consortium.ts';
import { gridCommands, gridQueries } from './grid.ts';
import { nettingCommands, nettingQueries } from './netting.ts';
import { paymentCommands, paymentQueries } from './payment.ts';
import { sessionCommands, sessionQueries } from './session-commands.ts';
import { tariffCommands, tariffQueries } from './tariff.ts';

export * from './adapt-cdr.ts';
export * from './adaptation-rule.ts';
export * from './balance-commitment.ts';
export * from './cdr-amounts.ts';
export * from './cdr-input.ts';
export * from './certificate.ts';
export * from './clearing.ts';
export * from './dispute.ts';
export * from './compute-cdr.ts';
export * from './consent-text.ts';
export * from './consortium.ts';
export * from './credit.ts';
export * from './dated-keys.ts';
export * from './endorsement-clock.ts';
export * from './envelope.ts';
export * from './exposure-book.ts';
export * from './grid.ts';
export * from './grid-demand.ts';
export * from './hash-tree.ts';
export * from './home-leave.ts';
export * from './keys.ts';
export * from './lane.ts';
export * from './meter-key.ts';
export * from './netting.ts';
export * from './netting-state.ts';
export * from './number-bits.ts';
export * from './offline-end.ts';
export * from './offline-quote.ts';
export * from './offline-start.ts';
export * from './opening-rules.ts';
export * from './token-issuers.ts';
export * from './origin-tree.ts';
export * from './packed-bodies.ts';
export * from './pair-balance.ts';
export * from './payment.ts';
export * from './price-course.ts';
export * from './recorded-reading.ts';
export * from './registry-time.ts';
export * from './session.ts';
export * from './session-commands.ts';
export * from './session-energy.ts';
export * from './session-proofs.ts';
export * from './session-record.ts';
export * from './session-time.ts';
export * from './settled.ts';
export * from './signing-meter-key.ts';
export * from './station-record.ts';
export * from './tariff.ts';
export * from './tariff-limits.ts';
export * from './tariff-scope.ts';
export * from './vote.ts';

/** Name under which the chaincode is deployed. */
export const CHAINCODE_NAME = 'roaming';

export const ledgerCommands = {
  consortium: consortiumCommands,
  grid: gridCommands,
  tariff: tariffCommands,
  session: sessionCommands,
  clearing: clearingCommands,
  netting: nettingCommands,
  payment: paymentCommands,
  booking: bookingCommands,
} as const;

export const ledgerQueries = {
  consortium: consortiumQueries,
  grid: gridQueries,
  tariff: tariffQueries,
  session: sessionQueries,
  clearing: clearingQueries,
  netting: nettingQueries,
  payment: paymentQueries,
  booking: bookingQueries,
} as const;

export type ContractName = keyof typeof ledgerCommands;
