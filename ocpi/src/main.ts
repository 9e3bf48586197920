import { runMain } from '@roamgrid/service-kit/runtime';
import { ocpiConfig } from './config.ts';
import { startOcpiDoor } from './start.ts';

await runMain(ocpiConfig, startOcpiDoor);
