/** What auditors and authorities take away from a consortium: a checkpoint, bills that it proves, and reports of them. */
export { doorsIn, readDoors, type Door } from './doors.ts';
export { bundleText, checkpointText, makeCheckpoint } from './files.ts';
export { proofText, reportText, takeReport, type ReportScope } from './report.ts';
