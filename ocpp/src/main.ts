import { runMain } from '@roamgrid/service-kit/runtime';
import { doorConfig } from './config.ts';
import { startOcppDoor } from './start.ts';

await runMain(doorConfig, (config) => startOcppDoor(config));
