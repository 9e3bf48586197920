/** A control centre as a program: `main.ts --config <file.json>`. */
import { runMain } from '@roamgrid/service-kit/runtime';
import { centreConfig, startCentre } from './start.ts';

await runMain(centreConfig, startCentre);
