/**
 * A simulated device of a site in a process of its own: `main.ts --device KIND --socket PATH --hand-socket PATH [--time own|told]`.
 * Prints `serves` when it does; ends on SIGINT or SIGTERM.
 */
import { parseArgs } from 'node:util';
import { deviceKind } from '@roamgrid/wire';
import { z } from 'zod';
import { serveDevice } from '../link/serve-device.ts';
import { PLANTS } from './plants.ts';

const options = z.strictObject({
  device: deviceKind,
  socket: z.string().min(1).max(103),
  'hand-socket': z.string().min(1).max(103),
  time: z.enum(['own', 'told']).default('own'),
});

const { values } = parseArgs({
  options: {
    device: { type: 'string' },
    socket: { type: 'string' },
    'hand-socket': { type: 'string' },
    time: { type: 'string' },
  },
});
const asked = options.safeParse(values);
if (asked.success) {
  const { device, socket, 'hand-socket': handSocket, time } = asked.data;
  const served = await serveDevice({ plant: PLANTS[device](), socket, handSocket, time });
  const stop = () => void served.close().then(() => process.exit(0));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  process.stdout.write('serves\n');
} else {
  process.stderr.write(`${z.prettifyError(asked.error)}\n`);
  process.exitCode = 2;
}
