import { serveModbus } from './modbus-server.ts';
import { batteryRegisters, inverterRegisters, meterRegisters } from './site-devices.ts';
import type { SitePhysics } from './site-physics.ts';

/** Where each device of a simulated site listens on this machine. */
export interface SitePorts {
  readonly meter: number;
  readonly inverter: number;
  readonly battery: number;
}

export interface SiteServers {
  readonly ports: SitePorts;
  close(): Promise<void>;
}

/**
 * Serves the meter, the inverter and the battery of a site, each as a Modbus TCP device of its own.
 * @param at where they listened before; anywhere when absent
 */
export const serveSite = async (site: SitePhysics, at?: SitePorts): Promise<SiteServers> => {
  const [meter, inverter, battery] = await Promise.all([
    serveModbus(meterRegisters(site), at?.meter),
    serveModbus(inverterRegisters(site), at?.inverter),
    serveModbus(batteryRegisters(site), at?.battery),
  ]);
  return {
    ports: { meter: meter.port, inverter: inverter.port, battery: battery.port },
    async close() {
      await Promise.all([meter.close(), inverter.close(), battery.close()]);
    },
  };
};
