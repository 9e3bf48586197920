import { runMain } from '@roamgrid/service-kit/runtime';
import { doorConfig } from './config.ts';
import { startOcppDoor } from './start.ts';

await runMain(doorConfig, async (config) => {
  const door = await startOcppDoor(config);
  return { ...door, guestsUrl: door.stationsUrl };
});
