/** What an auditor takes away from a consortium: a checkpoint, and bills that it proves. */
export { doorsIn, readDoors } from './doors.ts';
export { bundleText, checkpointText, makeCheckpoint } from './files.ts';
