/** A controller over a served plant, by a clock that its user turns. */
export type { PlantLoad } from '../adapters/http/simulator/plant.ts';
export { FEED_W, startFeedStage, type FeedStage } from './feed.ts';
export { leavesAt, pricesByHour, startHomeStage, type HomeOptions, type HomeStage } from './home-stage.ts';
export {
  claimOf,
  freshKey,
  gridOf,
  MINUTE_MS,
  NOW,
  publicKeyOf,
  startStage,
  type Stage,
  type StageOptions,
} from './stage.ts';
