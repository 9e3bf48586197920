import assert from 'node:assert/strict';
import { peerGateway, SESSION_ID } from '@roamgrid/station-kit/testing';
import { AdapterError, type AdapterErrorCode } from '../adapter.ts';
import { startChargingOutlet, STEP_MS, type ChargingOutlet } from '../testing/charging-outlet.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { outletLoadConfig } from './config.ts';
import { OutletLoad } from './outlet-load.ts';

const START_MS = 1_700_000_000_000;
const SECRET = 'the-controller-of-this-site-is-known-by-it';
const HOUR_MS = 3_600_000;

const soon = (): AbortSignal => AbortSignal.timeout(5_000);
const failsWith = (code: AdapterErrorCode) => (error: unknown) =>
  error instanceof AdapterError && error.code === code;

describe('an outlet of an own station', () => {
  const clock = new ManualClock(START_MS);
  let nowMs = START_MS;
  let station: ChargingOutlet;

  /** The agent goes through a step of its own at each. */
  const pass = async (ms: number): Promise<void> => {
    for (const untilMs = nowMs + ms; nowMs < untilMs;) {
      clock.moveTo((nowMs = Math.min(untilMs, nowMs + STEP_MS)));
      for (let turns = 0; turns < 5; turns += 1) await new Promise(setImmediate);
    }
  };
  const load = (more: object = {}): OutletLoad =>
    new OutletLoad(
      outletLoadConfig.parse({
        kind: 'outlet',
        loadId: 'o1',
        nodeId: 'o1',
        url: station.url,
        secret: SECRET,
        ...more,
      }),
      clock,
    );
  const tell = (watts: bigint, forMs: number, claimId = SESSION_ID) =>
    load().grant([{ claimId, watts, laneW: [watts], lapsesAtMs: nowMs + forMs }], soon());
  const measuredW = async () => (await load().read(soon())).measuredW;
  const progress = () => {
    assert(station.outlet.state.screen === 'charging');
    return station.outlet.state.progress;
  };

  beforeEach(async () => {
    nowMs = clock.nowMs();
    station = await startChargingOutlet(clock, SECRET);
    assert.deepEqual((await load().read(soon())).claims, []);
    await station.begin();
  });
  afterEach(() => station.close());

  it('claims what its driver agreed to, in the mode of its power and by the driver’s level', async () => {
    const { claims, facts } = await load({ leastW: '1400' }).read(soon());
    assert.deepEqual(claims, [
      {
        ...{ claimId: SESSION_ID, kind: 'charge', nodeId: 'o1', minW: 1_400n, maxW: 100_000n },
        ...{ needWh: 40_000n, deadlineMs: START_MS + HOUR_MS, arrivedMs: START_MS, runningW: 11_000n },
        // Gold, a quarter full, at an outlet above 99,999 W.
        ...{ mode: 'regular', state: 'in-progress', priority: 4 },
      },
    ]);
    assert.deepEqual([facts?.['plug'], facts?.['aloneW']], ['in', '11000']);
  });

  it('follows a limit at once, and goes back to what it may take alone when it lapses', async () => {
    await tell(60_000n, 15_000);
    assert.equal(await measuredW(), 60_000n);
    await pass(14_000);
    assert.equal(await measuredW(), 60_000n);
    await pass(1_000);
    assert.equal(await measuredW(), 11_000n);
  });

  it('counts each limit of a step for as long as it held, to the watt-hour', async () => {
    // 85 s alone, 36 s at 72 kW and 36 s at nothing, told and ended in the middle of steps, and alone again.
    await pass(85_000);
    await tell(72_000n, 36_000);
    await pass(36_000);
    await tell(0n, 36_000);
    assert.equal(await measuredW(), 0n);
    await pass(100_000);
    const { nowMs: toldAtMs, startMs, energyWh } = progress();
    const aloneMs = BigInt(toldAtMs - startMs - 72_000);
    assert.ok(aloneMs > 140_000n);
    assert.equal(energyWh, (aloneMs * 11_000n + 36_000n * 72_000n) / 3_600_000n);
  });

  it('keeps a limit when an older one comes after its time', async () => {
    await tell(0n, 60_000);
    await tell(60_000n, -1);
    assert.equal(await measuredW(), 0n);
  });

  it('tells the car that is there alone, and is not sure when the station has troubles of its own', async () => {
    const told = load();
    await told.read(soon());
    const order = (claimId: string, watts: bigint) => ({
      ...{ claimId, watts, laneW: [watts] },
      lapsesAtMs: nowMs + 60_000,
    });
    await told.grant(
      [order('USDUK-USALP-g0-9', 1_000n), order(SESSION_ID, 60_000n), order('booked', 9_000n)],
      soon(),
    );
    assert.equal(await measuredW(), 60_000n);
    await load().grant([order('booked', 9_000n)], soon());
    assert.equal(await measuredW(), 60_000n);
    const body = {
      type: 'about:blank',
      title: 'It broke',
      status: 500,
      code: 'INTERNAL',
      detail: 'it broke',
    };
    const broken = await peerGateway(() => ({ status: 500, body }));
    await assert.rejects(
      load({ url: broken.url }).grant([order(SESSION_ID, 1n)], soon()),
      failsWith('UNREACHABLE'),
    );
    broken.close();
  });

  it('goes on at nothing when it is made safe, and again when it is told more', async () => {
    await load().makeSafe(soon());
    assert.equal(await measuredW(), 0n);
    await pass(60_000);
    assert.equal(station.outlet.state.screen, 'charging');
    await tell(500_000n, 60_000);
    // No more than the car takes.
    assert.equal(await measuredW(), 80_000n);
  });

  it('is told nothing for a car that is not there, and by nobody who is not known', async () => {
    await assert.rejects(tell(1_000n, 60_000, 'USDUK-USALP-g0-9'), failsWith('REFUSED'));
    await assert.rejects(
      load({ secret: SECRET.replace('known', 'lived') }).makeSafe(soon()),
      failsWith('REFUSED'),
    );
    assert.equal(await measuredW(), 11_000n);
    await assert.rejects(load({ url: 'http://127.0.0.1:9' }).read(soon()), failsWith('UNREACHABLE'));
  });
});
