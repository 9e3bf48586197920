export {
  applyAdjustments,
  type AdjustedTotal,
  type Adjustment,
  type AdjustmentError,
  type AdjustmentLine,
} from './adjustments.ts';
export { checkCap, type CapExceeded } from './cap.ts';
export {
  outstandingAfterCredits,
  revisionOf,
  type CreditNote,
  type CreditNoteError,
  type Revision,
} from './credit-note.ts';
export {
  missingPairSequences,
  sumInvoice,
  type InvoiceError,
  type InvoiceLine,
  type InvoiceTotals,
} from './invoice.ts';
export {
  netPositions,
  type BilateralPosition,
  type NetPosition,
  type PositionError,
} from './net-positions.ts';
export { payablePositions, type PayablePosition } from './payable-positions.ts';
export { netPayments, type NetPayment } from './payments.ts';
export { periodSpan, type PeriodSpan } from './period.ts';
export {
  reconcile,
  type Reconciliation,
  type ReconciliationCheck,
  type SettlementSums,
} from './reconciliation.ts';
export {
  SHARE_PARTIES,
  shares,
  splitSession,
  sumSplits,
  type ByParty,
  type SessionSplit,
  type ShareParty,
  type Shares,
  type SharesError,
} from './shares.ts';
