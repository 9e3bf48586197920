/** A charger without network whose chips are the files of a folder: says what its process takes once it has read them. */
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ChargerClock, OfflineCharger, type Flash } from '@roamgrid/offline';
import { NOW_S, Park, SimulatedOutlet } from '@roamgrid/offline/testing';

const [, , folder, capacity] = process.argv;

/** Nothing of the chip stays in memory but what the charger keeps of it. */
const chip = (name: string): Flash => {
  const path = join(folder ?? '', name);
  return {
    load: () =>
      readFile(path).then(
        (bytes) => new Uint8Array(bytes),
        () => new Uint8Array(),
      ),
    append: (bytes) => appendFile(path, bytes),
    replace: (bytes) => writeFile(path, bytes),
  };
};

const charger = await OfflineCharger.start({
  ...(await new Park().setUp()),
  clock: new ChargerClock(() => Math.floor(performance.now()), NOW_S),
  outlet: new SimulatedOutlet(),
  flash: { memory: chip('memory'), spent: chip('spent'), vault: chip('vault'), readings: chip('readings') },
  capacity: Number(capacity),
});
// Twice: what the first finds dead may still be held by what is freed after it.
for (let time = 0; time < 2; time += 1) {
  global.gc?.();
  await new Promise((later) => setTimeout(later, 50));
}
const { heapUsed, arrayBuffers, rss } = process.memoryUsage();
process.stdout.write(
  JSON.stringify({ running: charger.running ?? 0, keptBytes: heapUsed + arrayBuffers, rssBytes: rss }),
);
