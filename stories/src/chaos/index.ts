/** Parts that die, freeze and lose connections while cars charge. */
export { chaosParts } from './cast.ts';
export { planChaos } from './plan.ts';
export { failures, isOutageShort, LONGEST_OUTAGE_SECONDS, type ChaosReport } from './report.ts';
export { chaos } from './run.ts';
