import { runMain } from '@roamgrid/service-kit/runtime';
import { controllerConfig } from './config.ts';
import { startEnergyController } from './start.ts';

await runMain(controllerConfig, (config) => startEnergyController(config));
