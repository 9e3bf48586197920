import { LiveLedger } from '../testing/live-ledger.ts';
import { guardTests } from './tests.ts';
import { World } from './world.ts';

/** Each guard of the contracts as two parties' endorsers keep it; `npm run guards` takes each away and sees its test fail. */
describe('against two endorsers,', function () {
  this.timeout(60_000);
  let ledger: LiveLedger;
  let world: World;

  before(async () => {
    ledger = await LiveLedger.start({ simulated: true });
    world = new World(ledger);
    await world.setUp();
  });
  after(() => ledger.stop());

  for (const { id, title, run } of guardTests) it(`${title} (${id})`, () => run(world));
});
