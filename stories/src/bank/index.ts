/** Payments by a bank that errs. */
export { bankReport, FATES, type BankReport, type Fate } from './report.ts';
export { runBank } from './run-bank.ts';
