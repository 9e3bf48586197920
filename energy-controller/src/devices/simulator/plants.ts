import type { DeviceKind } from '@roamgrid/wire';
import { ClimatePlant } from '../climate/plant.ts';
import { DepositoryPlant } from '../depository/plant.ts';
import { GatePlant } from '../gate/plant.ts';
import { LiftPlant } from '../lift/plant.ts';
import { LinePlant } from '../line/plant.ts';
import { TransferPlant } from '../transfer/plant.ts';
import { serveDevice, type Plant } from '../link/serve-device.ts';

/** Makes the simulated device of a kind. */
export const PLANTS: { readonly [Kind in DeviceKind]: () => Plant<Kind> } = {
  depository: () => new DepositoryPlant(),
  climate: () => new ClimatePlant(),
  lift: () => new LiftPlant(),
  line: () => new LinePlant(),
  gate: () => new GatePlant(),
  transfer: () => new TransferPlant(),
};

/** Serves a simulated device in this process, by its own time. */
export const serveSimulated = (
  device: DeviceKind,
  socket: string,
  handSocket: string,
): Promise<{ close(): Promise<void> }> =>
  serveDevice({ plant: PLANTS[device](), socket, handSocket, time: 'own' });
