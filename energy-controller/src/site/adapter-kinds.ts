import { z } from 'zod';
import type { LoadAdapter, SourceAdapter } from '../adapters/adapter.ts';
import { httpLoad, httpSource } from '../adapters/http/http-device.ts';
import { ModbusSource } from '../adapters/modbus/modbus-source.ts';
import { modbusSourceConfig } from '../adapters/modbus/table.ts';

/**
 * Kinds of devices, by `kind` of their configuration. A new one is a schema in the union and a case in the maker below it; adapters themselves live in
 * folders of their own beside `adapters/adapter.ts`.
 */

const httpDevice = { url: z.url(), secret: z.string().min(32).max(256) };

export const sourceAdapterConfig = z.discriminatedUnion('kind', [
  /** `isTold`: it takes orders, as a battery does. */
  z.strictObject({ kind: z.literal('http'), ...httpDevice, isTold: z.boolean().default(false) }),
  /** A meter, an inverter or a battery. */
  modbusSourceConfig.omit({ sourceId: true, nodeId: true }),
]);

export const loadAdapterConfig = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('http'), ...httpDevice }),
]);

/** Where a device stands. */
interface Surroundings {
  readonly nodeId: string;
}

export const makeSource = (
  sourceId: string,
  config: z.output<typeof sourceAdapterConfig>,
  { nodeId }: Surroundings,
): SourceAdapter => {
  switch (config.kind) {
    case 'http':
      return httpSource(sourceId, config, config);
    case 'modbus':
      return new ModbusSource({ ...config, sourceId, nodeId });
  }
};

export const makeLoad = (loadId: string, config: z.output<typeof loadAdapterConfig>): LoadAdapter =>
  httpLoad(loadId, config);
