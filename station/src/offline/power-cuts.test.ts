import assert from 'node:assert/strict';
import { unwrap } from '@roamgrid/domain';
import { Power } from '@roamgrid/offline/testing';
import type { OfflineRecord } from '@roamgrid/offline';
import { billingReading, verifyOcmf } from '@roamgrid/wire';
import { Lot, METER_KEY, START, STOP } from './lot.fixture.ts';

/** `ROAMGRID_OFFLINE_WHOLE=1`: in each write and right after each; else in one, after the next. */
const isWhole = process.env['ROAMGRID_OFFLINE_WHOLE'] === '1';

/** Power that goes in a write, half of which is done, or right after it. */
class PowerToWrite extends Power {
  readonly #goesAt: number;
  readonly #isAfter: boolean;
  writes = 0;

  constructor(goesAt = Infinity, isAfter = false) {
    super();
    this.#goesAt = goesAt;
    this.#isAfter = isAfter;
  }

  override spend(bytes: number): number {
    this.writes += 1;
    if (this.writes < this.#goesAt || (this.#isAfter && this.writes === this.#goesAt)) return bytes;
    return bytes >> 1;
  }

  override get isOff(): boolean {
    return this.writes >= this.#goesAt;
  }
}

const meteredMilliWh = ({ facts }: OfflineRecord): bigint => {
  const statement = unwrap(verifyOcmf(facts.signed, METER_KEY));
  const [begin, end] = (['begin', 'end'] as const).map((side) => unwrap(billingReading(statement, side)));
  return (end?.registerMilliWh ?? 0n) - (begin?.registerMilliWh ?? 0n);
};

/** A card's session, and then a phone's, at one outlet. */
const life = async (lot: Lot): Promise<void> => {
  const { ended } = await lot.swipes();
  await lot.pass(70_000);
  lot.outlet.stop();
  await lot.time.until(ended);
  lot.outlet.done();
  const mine = await lot.phone();
  unwrap(await lot.park.meet(mine, START, () => Promise.resolve()));
  await lot.pass(70_000);
  unwrap(await lot.park.meet(mine, STOP, () => Promise.resolve()));
};
const WRITES = 17;
const PACE = { tickMs: 35_000, stepMs: 35_000 };

describe('an outlet with two doors whose power goes', function () {
  this.timeout(isWhole ? 0 : 60_000);

  it('at any write of either has each session in one place: what the meter counted is billed once, by the door it came by', async () => {
    const whole = await Lot.open(PACE);
    const power = new PowerToWrite();
    whole.powerBy(power);
    await life(whole);
    whole.close();
    assert.equal(power.writes, WRITES);
    for (let write = 1; write <= WRITES; write += 1)
      for (const isAfter of isWhole ? [false, true] : [write % 2 === 0]) {
        const when = `${isAfter ? 'after' : 'in'} write ${write}`;
        const lot = await Lot.open(PACE);
        lot.powerBy(new PowerToWrite(write, isAfter));
        await life(lot).then(
          () => assert.fail(`power did not go ${when}`),
          () => undefined,
        );
        lot.cut();
        await lot.start();
        await lot.time.until(lot.outlet.recover());
        // Whoever comes next is served, by either door.
        const next = await lot.phone();
        assert.equal(await lot.asks(next, START), 'ok', `a phone, cut ${when}`);
        await lot.pass(60_000);
        assert.equal(await lot.asks(next, STOP), 'ok');
        await lot.pass(31_000);
        const { ended } = await lot.swipes();
        await lot.pass(60_000);
        lot.outlet.stop();
        await lot.time.until(ended);
        const byPhones = await lot.collected();
        assert.equal(new Set(byPhones.map(({ facts }) => facts.signed)).size, byPhones.length);
        const byCards = [...lot.gateway.sessions.values()];
        assert.ok(byCards.every(({ stop }) => stop !== undefined));
        const billedMilliWh =
          byCards.reduce((sum, one) => sum + lot.gateway.gainOf(one), 0n) +
          byPhones.reduce((sum, one) => sum + meteredMilliWh(one), 0n);
        assert.equal(billedMilliWh, lot.outlet.shared.memory.meter.registerMilliWh, `cut ${when}`);
        lot.close();
      }
  });
});
