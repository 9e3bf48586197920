/** Hostile input to every interface of a consortium. */
export { restartsIn } from './restarts.ts';
export { fuzz, isClean, type FuzzReport } from './run.ts';
export { servedInterfaces } from './served.ts';
export { startStand } from './stand.ts';
