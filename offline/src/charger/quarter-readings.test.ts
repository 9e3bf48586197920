import assert from 'node:assert/strict';
import fc from 'fast-check';
import { NOW_S } from '../testing/consortium.ts';
import { CutFlash, Power, PowerCut } from '../testing/cut-flash.ts';
import { MOST_QUARTERS, QuarterReadings } from './quarter-readings.ts';

const QUARTER_S = 900;

/** An outlet with a meter, and what reads it. */
class Metered {
  readonly flash = new CutFlash(new Power());
  nowS: number | undefined = NOW_S;
  registerMilliWh = 0n;
  readings: QuarterReadings | undefined;

  async start(power = new Power()): Promise<void> {
    this.flash.power = power;
    this.readings = await QuarterReadings.open(this.flash, {
      nowS: () => this.nowS,
      registerMilliWh: () => this.registerMilliWh,
    });
  }

  look(): Promise<void> {
    return this.readings?.look() ?? Promise.resolve();
  }

  /** What was given in quarters that are over, behind the first one. */
  get told(): Map<number, bigint> {
    const { fromS, rows } = this.readings?.load ?? assert.fail('it has no power');
    return new Map(rows.map(({ at, milliWh }) => [(fromS - NOW_S) / QUARTER_S + at, milliWh]));
  }
}

/** Its chip keeps two days, whatever happens. */
const opened = async (): Promise<Metered> => {
  const metered = new Metered();
  await metered.start();
  return metered;
};

describe('what an outlet gave by quarters of an hour', () => {
  it('is what its meter counted in each, through cuts of power, and nothing is told twice', async () => {
    const step = fc.record({
      gives: fc.bigInt({ min: 0n, max: 5_000_000n }),
      passesS: fc.integer({ min: 1, max: 2_000 }),
      isCut: fc.boolean(),
      // A write that power cuts off is one that never was: the quarter is told when it comes again.
      cutAfterBytes: fc.integer({ min: 1, max: 400 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const metered = await opened();
        const given = new Map<number, bigint>();
        let nowS = NOW_S;
        for (const { gives, passesS, isCut, cutAfterBytes } of steps) {
          const quarter = Math.floor((nowS - NOW_S) / QUARTER_S);
          metered.registerMilliWh += gives;
          given.set(quarter, (given.get(quarter) ?? 0n) + gives);
          metered.nowS = nowS += passesS;
          if (isCut) metered.flash.power = new Power(cutAfterBytes);
          await metered.look().catch((error: unknown) => assert.ok(error instanceof PowerCut));
          if (isCut) await metered.start();
        }
        const current = Math.floor((nowS - NOW_S) / QUARTER_S);
        const over = [...given].filter(([quarter, milliWh]) => quarter < current && milliWh > 0n);
        assert.deepEqual([...metered.told].sort(), over.sort());
      }),
      { numRuns: 60 },
    );
  });

  it('keeps two days', async () => {
    const metered = await opened();
    for (let at = 0; at < 300; at += 1) {
      metered.registerMilliWh += 1_000n;
      metered.nowS = NOW_S + (at + 1) * QUARTER_S;
      await metered.look();
    }
    assert.equal(metered.told.size, MOST_QUARTERS);
    assert.deepEqual([...metered.told.keys()].slice(0, 1), [300 - MOST_QUARTERS]);
    const { length } = metered.flash.bytes;
    assert.ok(length < 2_400, `${length} bytes`);
  });

  it('what flows while the time is not known is of no quarter, and one that may go on is not told yet', async () => {
    const metered = await opened();
    metered.registerMilliWh = 5_000n;
    metered.nowS = undefined;
    await metered.start();
    assert.deepEqual([...metered.told], []);
    metered.registerMilliWh = 7_000n;
    await metered.look();
    metered.nowS = NOW_S + 10;
    await metered.look();
    metered.registerMilliWh = 8_000n;
    metered.nowS = NOW_S + QUARTER_S;
    await metered.look();
    assert.deepEqual([...metered.told], [[0, 6_000n]]);
  });

  it('begins anew when the chip spoiled it', async () => {
    const metered = await opened();
    metered.registerMilliWh = 5_000n;
    metered.flash.bytes = metered.flash.bytes.map((byte) => byte ^ 1);
    await metered.start();
    metered.nowS = NOW_S + QUARTER_S;
    await metered.look();
    assert.deepEqual([...metered.told], []);
  });
});
