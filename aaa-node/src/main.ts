import { runMain } from '@roamgrid/service-kit/runtime';
import { aaaNodeConfig } from './config.ts';
import { startAaaNode } from './start.ts';

await runMain(aaaNodeConfig, startAaaNode);
