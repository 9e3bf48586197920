/** The told stories. */
export { runAlabamaDuke } from './alabama-duke.ts';
export { heatWaveReport, type HeatWaveReport } from './heat-wave-report.ts';
export { HEAT_TERMS, policyJson, POLICY_CHANGES, ZONE } from './heat-wave-story.ts';
export { runHeatWave } from './heat-wave.ts';
export { DRIVER } from './story.ts';
