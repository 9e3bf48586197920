/**
 * A small consortium and sessions signed by everyone who signs, for tests and benchmarks of other packages. The keys are
 * made anew in each process; nothing here runs a ledger.
 */
export {
  AGREEMENT_ID,
  by,
  call,
  groundwork,
  makeKey,
  MSP,
  saltOf,
  sealedTerms,
  SET_UP_MS,
  station,
  tariffJson,
  termsOf,
  type TestKey,
  type Utility,
} from './parties.ts';
export { invoiceCall, invoiceOf, payableOf } from './invoices.ts';
export { Lane } from './lane.ts';
export { cdrOf, closeSession, readingsOf, type ClosedSession } from './closed.ts';
export { openSession, SITE, type OpenedSession, type Site } from './opened.ts';
export type { Call, TestCaller } from './memory-ledger.ts';
