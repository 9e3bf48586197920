import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { AdapterError } from '../adapter.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { ModbusSource } from './modbus-source.ts';
import { SitePhysics } from './simulator/site-physics.ts';
import { serveSite, type SiteServers } from './simulator/site-servers.ts';
import { modbusSourceConfig, type ModbusSourceConfig } from './table.ts';

const NOON = Date.UTC(2026, 5, 1, 12);
const soon = (): AbortSignal => AbortSignal.timeout(5_000);

/** The site of document 001: 500 kW of the grid, 155 kW of sun, a battery of 100 kW. */
const SITE = {
  gridW: 500_000n,
  sunPeakW: 155_000n,
  batteryW: 100_000n,
  batteryCapacityWh: 200_000n,
  batteryStoredWh: 100_000n,
};

const source = (
  device: string,
  sourceKind: ModbusSourceConfig['sourceKind'],
  port: number,
  more: Partial<Readonly<Record<string, unknown>>> = {},
): ModbusSourceConfig =>
  modbusSourceConfig.parse({
    ...{ kind: 'modbus', sourceId: device, sourceKind, nodeId: 'site', host: '127.0.0.1', port, device },
    mostW: '500000',
    ...more,
  });

const tell = (
  at: ModbusSource,
  order: { readonly watts: bigint; readonly lapsesAtMs: number },
): Promise<void> => at.setW?.(order, soon()) ?? Promise.reject(new Error('it cannot be told'));

const untilSo = async (what: string, isSo: () => boolean): Promise<void> => {
  for (let tries = 0; tries < 500; tries += 1) {
    if (isSo()) return;
    await sleep(5);
  }
  assert.fail(`not so in time: ${what}`);
};

describe('the Modbus devices of a site', () => {
  let site: SitePhysics;
  let servers: SiteServers;
  let clock: ManualClock;
  let open: ModbusSource[];

  const adapter = (config: ModbusSourceConfig): ModbusSource => {
    const opened = new ModbusSource(config, clock);
    open.push(opened);
    return opened;
  };
  const meter = () => adapter(source('sunspec-meter', 'grid', servers.ports.meter));
  const inverter = () => adapter(source('sunspec-inverter', 'renewable', servers.ports.inverter));
  const battery = () =>
    adapter(
      source('sunspec-battery', 'ess', servers.ports.battery, {
        ...{ mostW: '100000', mostInW: '100000', floorWh: '20000' },
      }),
    );
  /** The battery heard the order again, and the adapter waits for the next time to say it. */
  const toldAgainFor = (leftMs: number) =>
    untilSo(`told again, ${leftMs} ms`, () => site.orderLeftMs === leftMs && clock.sleeping === 1);
  /** Time passes at the site and at the controller. */
  const passTo = (atMs: number): void => {
    site.passTo(atMs);
    clock.moveTo(atMs);
  };

  beforeEach(async () => {
    open = [];
    clock = new ManualClock(NOON);
    site = new SitePhysics(SITE, NOON);
    site.loadW = 300_000n;
    servers = await serveSite(site);
  });
  afterEach(async () => {
    await Promise.all(open.map((opened) => opened.close()));
    await servers.close();
  });

  it('are read as sources of the power core, with what they put out', async () => {
    const grid = await meter().read(soon());
    const sun = await inverter().read(soon());
    const ess = await battery().read(soon());
    assert.deepEqual(grid, {
      source: {
        ...{ sourceId: 'sunspec-meter', kind: 'grid', nodeId: 'site', staleAfterMs: 10_000 },
        ...{ measuredAtMs: NOON, availableW: 500_000n },
      },
      measuredW: 145_000n,
      facts: { device: 'SunSpec 203 meter', milliVolts: '230000' },
    });
    assert.deepEqual([sun.source.availableW, sun.measuredW], [155_000n, 155_000n]);
    assert.deepEqual(ess.source.store, { capacityWh: 200_000n, storedWh: 100_000n, floorWh: 20_000n });
    assert.deepEqual([ess.source.availableW, ess.measuredW], [100_000n, 0n]);
  });

  it('tell an outage of the feed by the voltage at its meter, and its return', async () => {
    const at = meter();
    site.isFeedOut = true;
    assert.deepEqual((await at.read(soon())).source.availableW, 0n);
    site.isFeedOut = false;
    assert.deepEqual((await at.read(soon())).source.availableW, 500_000n);
  });

  it('follow an order both ways, and what a battery holds moves with it', async () => {
    const at = battery();
    await tell(at, { watts: 60_000n, lapsesAtMs: NOON + 20_000 });
    assert.equal((await at.read(soon())).measuredW, 60_000n);
    passTo(NOON + 6_000);
    assert.equal(site.storedWh, 99_900n);
    await tell(at, { watts: -30_000n, lapsesAtMs: NOON + 20_000 });
    assert.equal((await at.read(soon())).measuredW, -30_000n);
    assert.equal(site.gridW, 300_000n - 155_000n + 30_000n);
  });

  it('hear an order again within their own watchdog’s time until it lapses, and are then released', async () => {
    const at = battery();
    await tell(at, { watts: 60_000n, lapsesAtMs: NOON + 45_000 });
    assert.equal(site.orderLeftMs, 30_000);
    passTo(NOON + 10_000);
    await toldAgainFor(30_000);
    passTo(NOON + 25_000);
    // Never for longer than the order is good for.
    await toldAgainFor(20_000);
    passTo(NOON + 44_000);
    await toldAgainFor(1_000);
    assert.equal(site.batteryW, 60_000n);
    passTo(NOON + 45_000);
    await untilSo('released', () => site.batteryW === 0n);
  });

  it('go back by themselves within that time when nobody tells them any more', async () => {
    const at = battery();
    await tell(at, { watts: 60_000n, lapsesAtMs: NOON + 600_000 });
    await at.close();
    passTo(NOON + 29_999);
    assert.equal(site.batteryW, 60_000n);
    passTo(NOON + 30_000);
    assert.equal(site.batteryW, 0n);
  });

  it('are told the newer of two orders at once, and go on being told it', async () => {
    const at = battery();
    const lapsesAtMs = NOON + 60_000;
    await Promise.all([10_000n, 20_000n, 30_000n].map((watts) => tell(at, { watts, lapsesAtMs })));
    assert.equal(site.batteryW, 30_000n);
    passTo(NOON + 10_000);
    await toldAgainFor(30_000);
    assert.equal(site.batteryW, 30_000n);
  });

  it('are not asked for more than they can have', async () => {
    await assert.rejects(
      tell(battery(), { watts: 100_001n, lapsesAtMs: NOON + 1_000 }),
      (error) => error instanceof AdapterError && error.code === 'REFUSED',
    );
    assert.equal(meter().setW, undefined);
  });

  it('are found again after they were away', async () => {
    const at = meter();
    await at.read(soon());
    await servers.close();
    const isUnreachable = (error: unknown) => error instanceof AdapterError && error.code === 'UNREACHABLE';
    await assert.rejects(at.read(soon()), isUnreachable);
    await assert.rejects(at.read(soon()), isUnreachable);
    servers = await serveSite(site, servers.ports);
    assert.equal((await at.read(soon())).measuredW, 145_000n);
  });
});
