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
