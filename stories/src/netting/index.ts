/** Utilities that owe each other in every direction: netted, paid by bank or by token, paid late. */
export { latePayerReport } from './late-payer-report.ts';
export { runLatePayer } from './late-payer.ts';
export { runThreeWayNet } from './three-way-net.ts';
export { runToken } from './token.ts';
export { tokenReport } from './token-report.ts';
export { threeWayReport } from './three-way-report.ts';
