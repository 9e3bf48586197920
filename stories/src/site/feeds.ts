import { startSite, type StartedSite } from '@roamgrid/energy-controller/adapters';

/** What feeds the site of document 001: 500 kW of the utility, 155 kW of sun and a battery of 100 kW, 755 kW in all. */
const FEEDS = {
  gridW: '500000',
  sunPeakW: '155000',
  batteryW: '100000',
  batteryCapacityWh: '200000',
  batteryStoredWh: '100000',
} as const;

/** The entries of a site's configuration: each a Modbus TCP device on this machine. */
export interface Feeds {
  readonly sources: readonly Readonly<Record<string, unknown>>[];
  /** Time passes to the devices, loads change; what stands there then. */
  readonly say: StartedSite['say'];
  /** Switches the utility's feed off, or on again. */
  switchFeed(isOut: boolean): Promise<void>;
  close(): Promise<void>;
}

/** Starts meter, inverter and battery as a process, at an instant of the day that is lived through. */
export const startFeeds = async (startMs: number, nodeId: string): Promise<Feeds> => {
  const site = await startSite({ startMs, ...FEEDS });
  const { meter, inverter, battery } = site.ports;
  const at = (port: number) => ({ kind: 'modbus', nodeId, host: '127.0.0.1', port });
  return {
    sources: [
      { ...at(meter), sourceId: 'grid', sourceKind: 'grid', device: 'sunspec-meter', mostW: FEEDS.gridW },
      {
        ...at(inverter),
        ...{ sourceId: 'sun', sourceKind: 'renewable', device: 'sunspec-inverter', mostW: FEEDS.sunPeakW },
      },
      {
        ...at(battery),
        ...{ sourceId: 'battery', sourceKind: 'ess', device: 'sunspec-battery' },
        ...{ mostW: FEEDS.batteryW, mostInW: FEEDS.batteryW, floorWh: '20000' },
      },
    ],
    say: site.say,
    async switchFeed(isOut) {
      await site.say({ isFeedOut: isOut });
    },
    close: site.close,
  };
};
