import assert from 'node:assert/strict';
import { divide, powerW, SHARE_PARTIES, shares, unwrap } from '@roamgrid/domain';
import fc from 'fast-check';
import { DAY_MS, formatDay } from '../../time/zone.ts';
import { homeOf, settle } from './parties.ts';
import { energyByHour, placeSessions } from './place.ts';
import { priceAt, priceSpan } from './prices.ts';
import { answer } from './response.ts';
import { TARIFFS, yearStudy, type YearStudy } from './study.ts';
import {
  CAPACITY_W,
  days,
  energy,
  FROM_DAY,
  loads,
  RECORDED,
  SETTING,
  TO_DAY,
  ZONE,
} from './world.fixture.ts';

function study(forecastScale: number): YearStudy {
  const done = yearStudy(RECORDED, loads(forecastScale), SETTING);
  if (!done.ok) assert.fail(done.error.message);
  return done.value;
}

const good = study(0.8);
const { sessions } = good.placement;

describe('sessions laid over another year', () => {
  it('keep weekday and wall clock, also after the clocks went back', () => {
    assert.equal(good.placement.shiftDays, 364);
    const byId = new Map(RECORDED.map((recorded) => [recorded.sessionId, recorded]));
    for (const { sessionId, startMs } of sessions) {
      const recorded = byId.get(sessionId);
      assert.ok(recorded);
      assert.equal(startMs + ZONE.offsetMs(startMs), recorded.localStartMs + 364 * DAY_MS);
    }
    assert.ok(sessions.some(({ startMs }) => ZONE.offsetMs(startMs) === -5 * 3_600_000));
  });

  it('that would end outside the span are left out and counted', () => {
    const slow = unwrap(powerW(1_000n));
    const short = placeSessions(RECORDED, ZONE, FROM_DAY, FROM_DAY, slow);
    assert.equal(short.sessions.length + short.outside, RECORDED.length);
    assert.ok(short.sessions.length < 24 && short.sessions.length > 18, String(short.sessions.length));
  });

  it('spread their energy over the hours without losing a watt-hour', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 10_000_000 }),
        fc.integer({ min: 1, max: 30_000_000 }),
        fc.bigInt(1n, 150_000n),
        (startMs, chargingMs, value) => {
          const session = { sessionId: 'S', stationId: 'P', startMs, chargingMs, energyWh: energy(value) };
          const parts = [...energyByHour(session).values()];
          assert.equal(
            parts.reduce((sum, part) => sum + part, 0n),
            value,
          );
          assert.ok(parts.every((part) => part >= 0n));
        },
      ),
    );
  });
});

describe('drivers who answer prices', () => {
  const moveable = { ...SETTING.response, elasticityPpm: 1_000_000n };
  const costOf = (startMs: number, chargingMs: number): number => {
    let sum = 0;
    for (let ms = startMs; ms < startMs + chargingMs; ms += 60_000)
      sum += Number(priceAt(good.prices.adaptive, ms));
    return sum;
  };

  it('stay where prices are flat, and everywhere when the elasticity is zero', () => {
    assert.equal(good.replays.flat.movedSessions, 0);
    const none = { ...SETTING.response, elasticityPpm: 0n };
    assert.ok(sessions.every((session) => !answer(session, good.prices.adaptive, none).moved));
  });

  it('move only to a cheaper start inside the window', () => {
    const moved = sessions.flatMap((session) => {
      const to = answer(session, good.prices.adaptive, moveable);
      return to.moved ? [{ session, to }] : [];
    });
    assert.ok(moved.length > 20, String(moved.length));
    for (const { session, to } of moved) {
      assert.ok(Math.abs(to.startMs - session.startMs) <= 240 * 60_000);
      assert.ok(costOf(to.startMs, session.chargingMs) < costOf(session.startMs, session.chargingMs));
    }
  });

  it('of a lower elasticity are among those of a higher one', () => {
    const movers = (elasticityPpm: bigint): ReadonlySet<string> =>
      new Set(
        sessions
          .filter((session) => answer(session, good.prices.adaptive, { ...moveable, elasticityPpm }).moved)
          .map(({ sessionId }) => sessionId),
      );
    const [few, many] = [movers(250_000n), movers(1_000_000n)];
    assert.ok(few.size > 0 && few.size < many.size);
    assert.ok([...few].every((id) => many.has(id)));
  });

  it('take energy out of the grid’s peak hours under an adaptive tariff', () => {
    const { flat, adaptive } = good.replays;
    assert.ok(adaptive.peakEnergyWh < flat.peakEnergyWh);
    assert.equal(adaptive.energyWh, flat.energyWh);
  });
});

describe('a replayed span', () => {
  it('bills the flat tariff at its price, session by session', () => {
    for (const { session, totalMicros } of good.replays.flat.rated)
      assert.equal(totalMicros, divide(session.energyWh * 300_000n, 1000n, 'half-up'));
  });

  it('bills an adaptive session by the price of each minute it charges', () => {
    for (const { session, startMs, totalMicros } of good.replays.adaptive.rated.slice(0, 60)) {
      let exact = 0;
      for (let ms = startMs; ms < startMs + session.chargingMs; ms += 1000) {
        const part = Math.min(1000, startMs + session.chargingMs - ms) / session.chargingMs;
        exact += Number(priceAt(good.prices.adaptive, ms)) * part * (Number(session.energyWh) / 1000);
      }
      // One second of a step of 0.04 per kWh is the most that the sum by seconds can miss.
      const value = Number(totalMicros);
      assert.ok(Math.abs(value - exact) < 1 + exact * 2e-4, `${session.sessionId}: ${value} and ${exact}`);
    }
  });

  it('passes every check of its money and energy', () => {
    assert.equal(good.checks.length, TARIFFS.length * 6);
    assert.deepEqual(
      good.checks.filter(({ holds }) => !holds),
      [],
    );
  });

  it('gives the same outcome twice', () => {
    assert.deepEqual(study(0.8).replays, good.replays);
  });

  it('regrets nothing when the forecast is the load that came', () => {
    const { adaptive, naive } = study(1).regret;
    const { byWeek, ...figures } = adaptive;
    assert.deepEqual(figures, {
      meanDistanceMicrosPerKWh: 0n,
      largestDistanceMicrosPerKWh: 0n,
      equalPpm: 1_000_000n,
      takingsMicros: 0n,
      misplacedMicros: 0n,
      billDistanceMicros: 0n,
      peakEnergyWh: 0n,
    });
    assert.deepEqual(
      byWeek.map(({ fromDay }) => fromDay),
      [formatDay(FROM_DAY), formatDay(FROM_DAY + 7)],
    );
    assert.ok(naive.meanDistanceMicrosPerKWh > 0n);
  });

  it('regrets a worse forecast more', () => {
    const [near, far] = [good.regret.adaptive, good.regret.naive];
    assert.ok(near.meanDistanceMicrosPerKWh > 0n);
    assert.ok(far.meanDistanceMicrosPerKWh > 2n * near.meanDistanceMicrosPerKWh);
    assert.ok(far.billDistanceMicros > near.billDistanceMicros);
  });

  it('refuses a span with a day that has no forecast', () => {
    const short = new Map(loads(1).forecast);
    short.delete(FROM_DAY + 3);
    const done = yearStudy(RECORDED, { ...loads(1), forecast: short }, SETTING);
    assert.ok(!done.ok);
    assert.match(done.error.message, /2018-11-01/u);
  });
});

describe('the fairness table', () => {
  it('divides all sessions, all energy and all money of each tariff among its groups', () => {
    for (const { rows } of good.fairness) {
      assert.equal(
        rows.reduce((sum, row) => sum + row.sessions, 0),
        sessions.length,
      );
      (['flat', 'timeOfUse', 'adaptive'] as const).forEach((name, index) => {
        assert.equal(
          rows.reduce((sum, row) => sum + (row.paidMicros[index] ?? 0n), 0n),
          good.replays[name].settled.totalMicros,
        );
      });
    }
  });

  it('shows that peak users pay more per kWh than others only when the tariff follows the grid', () => {
    const rows = good.fairness.find(({ by }) => by === 'peak-use')?.rows;
    const [offPeak, peak] = [rows?.[0]?.microsPerKWh ?? [], rows?.[1]?.microsPerKWh ?? []];
    assert.deepEqual([offPeak[0], peak[0]], [300_000n, 300_000n]);
    assert.ok((peak[2] ?? 0n) > (offPeak[2] ?? 0n));
  });
});

describe('the parties of a replay', () => {
  it('receive exactly what drivers pay, whatever the shares, and visitors’ utilities pay what they owe', () => {
    const ppm = fc.bigInt(0n, 250_000n);
    fc.assert(
      fc.property(ppm, ppm, ppm, fc.bigInt(0n, 1_000_000n), (hun, infrastructure, driver, roamingPpm) => {
        const parts = unwrap(
          shares({ hun, infrastructure, driver, vun: 1_000_000n - hun - infrastructure - driver }),
        );
        const parties = { ...SETTING.parties, roamingPpm, shares: parts };
        const { rated } = good.replays.adaptive;
        const settled = settle(rated, parties);
        assert.ok(settled.conservation.balanced);
        assert.equal(
          SHARE_PARTIES.reduce((sum, party) => sum + settled.split[party], 0n),
          rated.reduce((sum, { totalMicros }) => sum + totalMicros, 0n),
        );
        const visitors = rated.filter(({ session }) => homeOf(session, parties) !== 'USDUK');
        assert.equal(settled.roaming.sessions, visitors.length);
        const received = settled.net.find(({ utility }) => utility === 'USDUK')?.netMicros ?? 0n;
        const owed = settled.payments.reduce((sum, { micros }) => sum + micros, 0n);
        assert.equal(received, owed);
      }),
      { numRuns: 25 },
    );
  });
});

describe('prices of a span', () => {
  it('go on from the last hour of the day before within one step', () => {
    const span = priceSpan(
      SETTING.policies.adaptive,
      ZONE,
      (day) => days(1).get(day) ?? [],
      SETTING,
      CAPACITY_W,
    );
    assert.ok(!('code' in span));
    const all = [...span.days.values()].flat();
    all.slice(1).forEach(({ microsPerKWh }, index) => {
      const change = microsPerKWh - (all[index]?.microsPerKWh ?? 0n);
      assert.ok(change <= 40_000n && change >= -40_000n);
    });
    assert.equal(priceAt(span, Date.UTC(2018, 9, 29, 3, 59)), undefined);
    assert.equal(priceAt(span, Date.UTC(2018, 9, 29, 4)), span.days.get(FROM_DAY)?.[0]?.microsPerKWh);
    assert.equal(span.days.size, TO_DAY - FROM_DAY + 1);
  });
});
