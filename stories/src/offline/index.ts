/** Chargers without a network, and phones that are held to them. */
export { openUnderground } from './underground.ts';
export { offlineReport, runOffline } from './story/run-offline.ts';
export { SlowLegs } from './slow-legs.ts';
