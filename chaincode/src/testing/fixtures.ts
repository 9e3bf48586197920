/**
 * A small consortium and sessions signed by everyone who signs, for tests and benchmarks of other packages. The keys are
 * made anew in each process; nothing here runs a ledger.
 */
export { by, call, groundwork, MSP, type Utility } from './parties.ts';
export {
  closeCall,
  closeSession,
  openCall,
  openSession,
  readingsOf,
  type ClosedSession,
  type OpenedSession,
} from './sessions.ts';
export type { Call, TestCaller } from './memory-ledger.ts';
