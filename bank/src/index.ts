/** Payments by bank: ISO 20022 messages, what a utility's desk makes of them, how they travel, and a bank that answers. */
export { bankText, isBankId, type TextError } from './iso20022/bank-text.ts';
export {
  accountHolder,
  accountKey,
  bankAccount,
  bankAgent,
  type AccountHolder,
  type BankAccount,
  type BankAgent,
} from './iso20022/parties.ts';
export { readMessage, type BankMessage, type MessageError } from './iso20022/read-message.ts';
export type { AccountReport, Movement } from './iso20022/read-statement.ts';
export type {
  PartStatus,
  StatusReason,
  StatusReport,
  TransferStatus,
} from './iso20022/read-status-report.ts';
export {
  writeCreditTransfer,
  type ChargeBearer,
  type CreditTransfer,
  type CreditTransferOrder,
} from './iso20022/write-credit-transfer.ts';
export type { Attempt, AttemptState, Unclear } from './desk/book.ts';
export { openDesk, type Desk, type DeskOptions, type DeskState, type Taken } from './desk/desk.ts';
export type { Accounts } from './desk/orders.ts';
export type { BankReceipt, LedgerPayment, PaymentLedger } from './desk/payment-ledger.ts';
export type { Unmatched } from './desk/tell-ledger.ts';
export { openFileDrop, type Collected, type FileDrop } from './adapter/file-drop.ts';
export { keyOf, SimulatedBank, type BankCustomer, type BankPost } from './simulator/bank.ts';
export { serveDrops } from './simulator/bank-drop.ts';
export { honest, MISDEEDS, seededTemper, type Misdeed, type Temper } from './simulator/misdeeds.ts';
export { startBankService, type BankService, type BankServiceOptions } from './adapter/bank-service.ts';
export { httpBank } from './adapter/http-bank.ts';
export { serveBank, type BankClient, type BankServer } from './simulator/bank-server.ts';
export { gatewayLedger } from './adapter/gateway-ledger.ts';
export { providerPayee, withPayouts } from './adapter/payouts.ts';
