/** Recorded sessions, lived again from swipe to settlement. */
export { canWatchMemory } from '../system/memory-watch.ts';
export { HOMES } from './cast.ts';
export { STEPS } from './drive.ts';
export { memoryPlot } from './memory-plot.ts';
export { replay, type ReplayReport } from './replay.ts';
