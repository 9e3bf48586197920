/**
 * The conformance suite: the points where a development ledger usually lies, asserted against any ledger that follows
 * Fabric. Numbers are those of the list in the README.
 */
import { Clients } from './client.ts';
import type { LedgerUnderTest } from './ledger-under-test.ts';
import { callTests } from './suite/calls.ts';
import { endorsementTests } from './suite/endorsement.ts';
import { eventTests } from './suite/events.ts';
import { identityTests } from './suite/identity.ts';
import { limitTests } from './suite/limits.ts';
import { privateTests } from './suite/private.ts';
import { rangeTests } from './suite/ranges.ts';
import { versionTests } from './suite/versions.ts';
import type { SuiteContext } from './suite/context.ts';

/** Defines the suite's tests for one ledger; `start` brings it up as `ledger-under-test.ts` says. */
export function conformanceSuite(
  name: string,
  start: () => Promise<LedgerUnderTest>,
  startTimeoutMs = 60_000,
): void {
  describe(`ledger conformance: ${name}`, function () {
    this.timeout(60_000);
    let ledger: LedgerUnderTest | undefined;
    let clients: Clients | undefined;
    const context: SuiteContext = {
      ledger: () => {
        if (ledger === undefined) throw new Error('the ledger is not up');
        return ledger;
      },
      clients: () => {
        if (clients === undefined) throw new Error('the ledger is not up');
        return clients;
      },
    };

    before(async function () {
      this.timeout(startTimeoutMs);
      ledger = await start();
      clients = new Clients(ledger);
    });

    after(async function () {
      this.timeout(startTimeoutMs);
      clients?.close();
      await ledger?.stop();
    });

    versionTests(context);
    rangeTests(context);
    privateTests(context);
    eventTests(context);
    callTests(context);
    endorsementTests(context);
    identityTests(context);
    limitTests(context);
  });
}
