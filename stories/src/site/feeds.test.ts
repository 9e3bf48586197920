import assert from 'node:assert/strict';
import { ModbusSource, modbusSourceConfig } from '@roamgrid/energy-controller/adapters';
import { startFeeds } from './feeds.ts';

const NOON = Date.UTC(2026, 5, 1, 12);
const MINUTE_MS = 60_000;

describe('the feeds of the site’s day', () => {
  it('have 755 kW at noon, less the utility’s 500 kW while its feed is out, and a battery that empties', async () => {
    const feeds = await startFeeds(NOON, 'site');
    const sources = feeds.sources.map((config) => new ModbusSource(modbusSourceConfig.parse(config)));
    const availableW = async () => {
      const readings = await Promise.all(sources.map((source) => source.read(AbortSignal.timeout(5_000))));
      return readings.reduce((sum, { source }) => sum + source.availableW, 0n);
    };
    try {
      assert.equal(await availableW(), 755_000n);
      await feeds.switchFeed(true);
      assert.equal(await availableW(), 255_000n);
      await feeds.switchFeed(false);
      assert.equal(await availableW(), 755_000n);
      const battery = sources.find(({ setW }) => setW !== undefined);
      await battery?.setW?.(
        { watts: 100_000n, lapsesAtMs: Date.now() + MINUTE_MS },
        AbortSignal.timeout(5_000),
      );
      // Half a minute of 100 kW: its own watchdog ends it, for the simulated minute brings no other word.
      assert.equal((await feeds.say({ atMs: NOON + MINUTE_MS })).storedWh, '99166');
    } finally {
      await Promise.all(sources.map((source) => source.close()));
      await feeds.close();
    }
  });
});
