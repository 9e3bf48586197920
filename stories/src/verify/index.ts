/** A billed session checked from the meter's signature to the net position. */
export type { Check, ReadPublic } from './check.ts';
export { billEvidence } from './evidence.ts';
export { verifyBill } from './verify-bill.ts';
