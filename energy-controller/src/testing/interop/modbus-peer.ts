import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { ModbusSource } from '../../adapters/modbus/modbus-source.ts';
import { modbusSourceConfig } from '../../adapters/modbus/table.ts';
import type { Exercised } from './exercised.ts';
import { pythonWith } from './peer-python.ts';

/** A SunSpec device made of pysunspec2's models and served by pymodbus. */
export const MODBUS_PEER = 'pymodbus with pysunspec2 (PyPI)';

/** The Python of a folder that has both. */
export const modbusPython = (folders: readonly string[]): string | undefined =>
  pythonWith(folders, 'pymodbus, sunspec2');

/** Powers that the peer's registers say, W, and how they are read here. */
const READS = [
  { device: 'sunspec-meter', sourceKind: 'grid', measuredW: -15_000n },
  { device: 'sunspec-inverter', sourceKind: 'renewable', measuredW: 12_340n },
  { device: 'sunspec-battery', sourceKind: 'ess', measuredW: 40_000n },
] as const;

/** As the specification names what is written for 60 kW in, good for 20 s. */
const TOLD = { WSetMod: 1, WSetEnaRvrt: 0, WSetRvrtTms: 20, WSet: -60_000, WSetEna: 1 };

const rowOf = async (action: string, run: () => Promise<string | undefined>): Promise<Exercised> => {
  const wrong = await run().catch(String);
  return wrong === undefined ? { action } : { action, wrong };
};

const unless = (isRight: boolean, seen: unknown): string | undefined =>
  isRight
    ? undefined
    : JSON.stringify(seen, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value));

/** Reads and tells the peer's devices by the tables that are built in. */
export const exerciseModbus = async (python: string): Promise<readonly Exercised[]> => {
  const child = spawn(python, [join(import.meta.dirname, 'modbus_site.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => JSON.parse(String((await lines.next()).value));
  const { port } = z.object({ port: z.int() }).parse(await next());
  const soon = (): AbortSignal => AbortSignal.timeout(5_000);
  const open = (device: string, sourceKind: string): ModbusSource =>
    new ModbusSource(
      modbusSourceConfig.parse({
        ...{ kind: 'modbus', sourceId: device, sourceKind, nodeId: 'site', host: '127.0.0.1', port, device },
        ...{ mostW: '200000', mostInW: '200000' },
      }),
    );
  const rows: Exercised[] = [];
  try {
    for (const { device, sourceKind, measuredW } of READS)
      rows.push(
        await rowOf(`read ${device}`, async () => {
          const source = open(device, sourceKind);
          // oxlint-disable-next-line typescript/no-misused-promises -- `finally` waits for it
          const reading = await source.read(soon()).finally(() => source.close());
          const { store, availableW } = reading.source;
          const isBatteryRight =
            store === undefined ||
            (store.capacityWh === 200_000n && store.storedWh === 127_000n && availableW === 100_000n);
          return unless(reading.measuredW === measuredW && isBatteryRight, reading);
        }),
      );
    rows.push(
      await rowOf('tell sunspec-battery', async () => {
        const source = open('sunspec-battery', 'ess');
        await source.setW?.({ watts: -60_000n, lapsesAtMs: Date.now() + 20_000 }, soon());
        await source.close();
        child.stdin.write('\n');
        const told = await next();
        return unless(
          JSON.stringify(Object.entries(TOLD).sort()) ===
            JSON.stringify(Object.entries(told as object).sort()),
          told,
        );
      }),
    );
  } finally {
    child.stdin.end();
    await once(child, 'exit');
  }
  return rows;
};
