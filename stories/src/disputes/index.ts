/** Records that are not accepted, and records that do not come. */
export { disputeReport, type DisputeReport } from './dispute-report.ts';
export { missingReport, type MissingReport } from './missing-report.ts';
export { runDispute } from './run-dispute.ts';
export { runMissing } from './run-missing.ts';
