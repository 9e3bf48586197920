/** A consortium on this machine, on either ledger. */
export type { Between } from './between.ts';
export { foundConsortium } from './admission.ts';
export { ALABAMA_POWER, DUKE_ENERGY, UTILITIES } from './consortium.ts';
export { passwordOf } from './customer.ts';
export { agree } from './register.ts';
export { startSystem, type LedgerChoice, type LocalSystem } from './system.ts';
