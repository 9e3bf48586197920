import type { Logger } from '@roamgrid/service-kit';
import { createRefusalLog } from '@roamgrid/service-kit/peers';
import { z } from 'zod';
import type { LoadAdapter, SourceAdapter } from '../adapters/adapter.ts';
import { machineClock } from '../adapters/adapter-clock.ts';
import { httpLoad, httpSource } from '../adapters/http/http-device.ts';
import { ModbusSource } from '../adapters/modbus/modbus-source.ts';
import { modbusSourceConfig } from '../adapters/modbus/table.ts';
import { ocppOutletConfig } from '../adapters/ocpp/config.ts';
import { OcppOutletLoad } from '../adapters/ocpp/ocpp-outlet-load.ts';
import { outletLoadConfig } from '../adapters/outlet/config.ts';
import { OutletLoad } from '../adapters/outlet/outlet-load.ts';
import { PanelLoad } from '../adapters/panel/panel-load.ts';
import { createServerCabinet, serverCabinetConfig } from '../adapters/servers/server-cabinet.ts';

/**
 * Kinds of devices, by `kind` of their configuration. A new one is a schema in the union and a case in the maker below it; adapters themselves live in
 * folders of their own beside `adapters/adapter.ts`.
 */

const httpDevice = { url: z.url(), secret: z.string().min(32).max(256) };

export const sourceAdapterConfig = z.discriminatedUnion('kind', [
  /** `isTold`: it takes orders, as a battery does. */
  z.strictObject({ kind: z.literal('http'), ...httpDevice, isTold: z.boolean().default(false) }),
  /** A meter, an inverter or a battery. */
  modbusSourceConfig.omit({ sourceId: true, nodeId: true, staleAfterMs: true }),
]);

export const loadAdapterConfig = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('http'), ...httpDevice }),
  /** An outlet of an own station. */
  outletLoadConfig.omit({ loadId: true, nodeId: true }),
  /** An outlet of a station of OCPP. */
  ocppOutletConfig.omit({ loadId: true, nodeId: true }),
  /** The panel of a house. */
  z.strictObject({ kind: z.literal('panel'), ...httpDevice }),
  /** A cabinet of servers. */
  serverCabinetConfig,
]);

/** Where a device stands, by which clock, and what it is reached with. */
interface Surroundings {
  readonly nodeId: string;
  readonly nowMs: () => number;
  readonly log: Logger;
}

interface SourceSurroundings extends Pick<Surroundings, 'nodeId' | 'nowMs'> {
  /** How long its readings are believed. */
  readonly staleAfterMs: number;
}

export const makeSource = (
  sourceId: string,
  config: z.output<typeof sourceAdapterConfig>,
  { nodeId, nowMs, staleAfterMs }: SourceSurroundings,
): SourceAdapter => {
  switch (config.kind) {
    case 'http':
      return httpSource(sourceId, config, config);
    case 'modbus':
      return new ModbusSource({ ...config, sourceId, nodeId, staleAfterMs }, { ...machineClock, nowMs });
  }
};

export const makeLoad = (
  loadId: string,
  config: z.output<typeof loadAdapterConfig>,
  { nodeId, nowMs, log }: Surroundings,
): LoadAdapter => {
  switch (config.kind) {
    case 'http':
      return httpLoad(loadId, config);
    case 'panel':
      return new PanelLoad({ loadId, nodeId, nowMs, device: config });
    case 'outlet':
      return new OutletLoad({ ...config, loadId, nodeId }, { nowMs });
    case 'ocpp':
      return new OcppOutletLoad({ ...config, loadId, nodeId }, { nowMs });
    case 'servers':
      return createServerCabinet({ ...config, loadId, nodeId, nowMs, onRefused: createRefusalLog(log) });
  }
};
