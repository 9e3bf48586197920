import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programArguments } from '@roamgrid/service-kit';
import type { DeviceKind } from '@roamgrid/wire';
import { Hands } from '../link/hands.ts';
import type { PlantTime } from '../link/serve-device.ts';

/** A simulated device in a process of its own, with hands at it. */
export interface SpawnedDevice {
  /** For its controller. */
  readonly socket: string;
  readonly hands: Hands;
  readonly process: ChildProcess;
  close(): Promise<void>;
}

/** Starts a simulated device. @throws Error when it does not come up */
export const spawnDevice = async (device: DeviceKind, time: PlantTime): Promise<SpawnedDevice> => {
  // Short: a socket's path has at most 103 bytes.
  const folder = mkdtempSync(join(tmpdir(), 'device-'));
  const socket = join(folder, 'd.sock');
  const handSocket = join(folder, 'h.sock');
  const child = spawn(
    process.execPath,
    [
      ...[...programArguments(join(import.meta.dirname, 'main.ts')), '--device', device, '--time', time],
      ...['--socket', socket, '--hand-socket', handSocket],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = once(child, 'exit');
  await Promise.race([
    once(child.stdout, 'data'),
    ended.then(() => {
      throw new Error(`the simulated ${device} did not come up`);
    }),
  ]);
  const hands = await Hands.connect(handSocket);
  return {
    socket,
    hands,
    process: child,
    close: async () => {
      hands.close();
      child.kill();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
