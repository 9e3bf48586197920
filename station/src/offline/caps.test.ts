import assert from 'node:assert/strict';
import { unwrap } from '@roamgrid/domain';
import { signCapCalendar, type Contact } from '@roamgrid/offline';
import { newKeys, NOW_S, TOKEN, VISITED } from '@roamgrid/offline/testing';
import { COLLECT, Lot, STOP } from './lot.fixture.ts';

const [MINUTE_MS, HOUR_S, HOURS] = [60_000, 3_600, 4];
const START = { kind: 'start', energyWh: 14_400n } as const;
/** So many quarters of an hour of one current. */
const all = (amps: number, quarters = HOURS * 12): readonly number[] =>
  Array.from({ length: quarters }, () => amps);
const running = (contact: Contact) => contact.running();

describe('a calendar of caps that phones carry', function () {
  this.timeout(60_000);
  let lot: Lot;
  afterEach(() => lot.close());
  const driver = () =>
    lot.phone({
      limits: { energyWh: 60_000n, costMicros: 20_000_000n, sessions: 9 },
      expiresS: NOW_S + 9 * HOUR_S,
    });
  /** Seconds from now until the driver's phone is told that all is there. */
  const shownS = async (mine: Awaited<ReturnType<typeof driver>>): Promise<number | undefined> => {
    const said = unwrap(await lot.park.meet(mine, COLLECT, running));
    return said?.readyS === undefined ? undefined : said.readyS - Math.floor(lot.clock.nowMs() / 1_000);
  };
  const isAbout = (seconds: number | undefined, hours: number): void => {
    assert.ok(Math.abs((seconds ?? 0) - hours * HOUR_S) <= 2, `${seconds} s, not ${hours} h`);
  };

  it('that supersedes another while a session runs lengthens the time that is shown from two hours to four, lowers and raises the current at once, and what is billed is what flowed', async () => {
    lot = await Lot.open();
    const [mine, other] = [await driver(), await driver()];
    assert.equal(await lot.cap({ amps: all(30) }), 'ok');
    const started = unwrap(await lot.park.meet(mine, START, running));
    assert.equal(started?.limitW, 7_200n);
    isAbout(await shownS(mine), 2);
    assert.equal(await shownS(other), undefined, 'it is nobody else’s');
    assert.equal(await lot.cap({ amps: all(15) }), 'ok');
    isAbout(await shownS(mine), 4);
    // Within a step of the meter, half an hour later, and back half an hour after that.
    await lot.pass(30 * MINUTE_MS + 3_217);
    const window = [lot.time.nowMs, 0];
    assert.equal(await lot.cap({ amps: all(30) }), 'ok');
    window[1] = lot.time.nowMs;
    await lot.pass(30 * MINUTE_MS);
    unwrap(await lot.park.meet(mine, STOP, (contact) => Promise.resolve(contact.answer)));
    const [record] = await lot.collected();
    const { lastedMs = 0, energyWh = 0n } = record?.facts ?? {};
    const { registerWms } = lot.outlet.shared.memory.meter.state;
    // The moments before the first change flowed 7.2 kW as well: all is of two powers and nothing else.
    const fastMs = Number(registerWms - 3_600n * BigInt(lastedMs)) / 3_600;
    assert.ok(Number.isInteger(fastMs), `${fastMs} ms`);
    const [before = 0, after = 0] = window;
    const sinceMs = lot.time.nowMs - fastMs;
    assert.ok(sinceMs > before - 2_000 && sinceMs < after + 2_000, `${before} < ${sinceMs} < ${after}`);
    assert.equal(energyWh, (registerWms + 1_800_000n) / 3_600_000n);
  });

  it('is followed by quarters of an hour, and says nothing any more when it is over', async () => {
    lot = await Lot.open({ stepMs: 5_000, maxPowerW: 11_000n });
    assert.equal(await lot.cap({ amps: [30, 15, 15, 30] }), 'ok');
    unwrap(await lot.park.meet(await driver(), { ...START, energyWh: 40_000n }, running));
    const { meter } = lot.outlet.shared.memory;
    const wattsIn = async (quarter: number): Promise<readonly bigint[]> => {
      await lot.passUntil(NOW_S + quarter * 900 + 10);
      const seen = new Set<bigint>();
      for (let part = 0; part < 4; part += 1) {
        const [fromMs, { registerWms }] = [lot.time.nowMs, meter.state];
        await lot.pass(200_000);
        seen.add((meter.state.registerWms - registerWms) / BigInt(lot.time.nowMs - fromMs));
      }
      return [...seen];
    };
    for (const [quarter, watts] of [7_200n, 3_600n, 3_600n, 7_200n, 11_000n].entries())
      assert.deepEqual(await wattsIn(quarter), [watts], `quarter ${quarter}`);
    assert.equal(await lot.cap({ fromS: NOW_S, amps: [30] }), 'WORD_TOO_LATE');
  });

  it('is taken in order, by its own site alone, from its utility alone, and kept through a cut of power; a place’s own profile still holds', async () => {
    lot = await Lot.open();
    const mine = await driver();
    assert.equal(await lot.cap({ version: 7, amps: all(30) }), 'ok');
    assert.equal(await lot.cap({ version: 7, amps: all(15) }), 'PLACE_WORD_OLDER');
    assert.equal(await lot.cap({ version: 6, amps: all(15) }), 'PLACE_WORD_OLDER');
    assert.equal(await lot.cap({ version: 9, chargers: ['US*DUK*EOTHER'] }), 'WORD_FOR_OTHER_CHARGER');
    assert.equal(await lot.cap({ version: 9, fromS: NOW_S + 1 }), 'WORD_MALFORMED');
    assert.equal(await lot.cap({ version: 9 }, newKeys()), 'WORD_NOT_OF_OPERATOR');
    for (const amps of [[20], [0], [], all(15, 193)])
      await assert.rejects(
        async () =>
          signCapCalendar({ version: 9, chargers: [], fromS: 0, wattsPerAmp: 240, amps }, VISITED.signer),
        RangeError,
      );
    lot.cut();
    lot.park.batteryS = Math.floor(lot.clock.nowMs() / 1_000);
    await lot.start();
    assert.equal(unwrap(await lot.park.meet(mine, START, running))?.limitW, 7_200n);
    unwrap(await lot.park.meet(mine, STOP, (contact) => contact.take(() => Promise.resolve())));
    const periods = [{ offsetS: 0, limitW: 5_000n }];
    await lot.rule({ price: TOKEN.price, profile: { durationS: HOUR_S, periods } });
    const started = unwrap(await lot.park.meet(mine, START, running));
    // Not all of it flows in the hour of the profile.
    assert.equal(started?.limitW, 5_000n);
  });
});
