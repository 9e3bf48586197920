/** A controller over a served plant, by a clock that its user turns. */
export { Plant } from '../adapters/http/simulator/plant.ts';
export { servePlant } from '../adapters/http/simulator/plant-server.ts';
export { claimOf, freshKey, gridOf, MINUTE_MS, NOW, publicKeyOf, startStage, type Stage } from './stage.ts';
