/** What the tests of the suite share. */
import type { Clients } from '../client.ts';
import type { LedgerUnderTest } from '../ledger-under-test.ts';

export interface SuiteContext {
  /** The clients; to be called inside tests, since the ledger starts before them. */
  clients(): Clients;
  ledger(): LedgerUnderTest;
}
