import { runMain } from '@roamgrid/service-kit/runtime';
import { cloudConfig } from './config.ts';
import { startEnergyCloud } from './start.ts';

await runMain(cloudConfig, (config) => startEnergyCloud(config));
