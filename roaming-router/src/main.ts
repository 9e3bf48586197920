import { runMain } from '@roamgrid/service-kit/runtime';
import { routerConfig } from './config.ts';
import { startRouter } from './start.ts';

await runMain(routerConfig, startRouter);
