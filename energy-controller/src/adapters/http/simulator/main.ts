/** A simulated site as a program: `main.ts --config <file.json>`; its devices are served at `/sources/{id}` and `/loads/{id}`. */
import { runMain } from '@roamgrid/service-kit/runtime';
import { plantConfig, startPlant } from './start-plant.ts';

await runMain(plantConfig, startPlant);
