/** The devices of a site as a program: `main.ts --config <file.json>`. */
import { runMain } from '@roamgrid/service-kit/runtime';
import { devicesConfig } from './config.ts';
import { startDevices } from './start.ts';

await runMain(devicesConfig, startDevices);
