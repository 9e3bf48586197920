import { runMain } from '@roamgrid/service-kit/runtime';
import { ocpiConfig } from './config.ts';
import { startOcpiDoor } from './start.ts';

await runMain(ocpiConfig, async (config) => {
  const door = await startOcpiDoor(config);
  return { ...door, guestsUrl: door.versionsUrl };
});
