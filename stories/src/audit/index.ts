/** What auditors and authorities take away from a consortium: a checkpoint, bills that it proves, the ledger, and reports of them. */
export { doorsIn, readDoors, type Door } from './doors.ts';
export { billBundleText, bundleText, checkpointText, makeCheckpoint, readBill } from './files.ts';
export { writeLedger } from './ledger.ts';
export { proofText, reportText, takeReport, type ReportScope } from './report.ts';
