/** `npx tsx station/src/main.ts --config station.json`: prints the address of its kiosk, and that of the door for its site. */
import { runMain } from '@roamgrid/service-kit/runtime';
import { stationConfig } from './config.ts';
import { startStation } from './start.ts';

await runMain(stationConfig, startStation);
