import type { LedgerErrorCode } from '@roamgrid/wire';

/** The chaincode said no; telling it again gives the same answer. */
export class LedgerRefusal extends Error {
  override readonly name = 'LedgerRefusal';
  readonly code: LedgerErrorCode;
  constructor(code: LedgerErrorCode, text: string, options?: ErrorOptions) {
    super(text, options);
    this.code = code;
  }
}

/** Nothing was written: no peer could be asked, or not enough endorsed. The same command may be told again. */
export class LedgerUnavailable extends Error {
  override readonly name = 'LedgerUnavailable';
}

/** The transaction stands in a block but changed nothing, for a reason that repeating does not cure. */
export class LedgerInvalid extends Error {
  override readonly name = 'LedgerInvalid';
  readonly transactionId: string;
  readonly validationCode: string;
  constructor(transactionId: string, validationCode: string) {
    super(`transaction ${transactionId} is in a block as ${validationCode}`);
    this.transactionId = transactionId;
    this.validationCode = validationCode;
  }
}

/**
 * Submitted, and nobody could say what became of it. Commands are idempotent by their id: telling the same command
 * again is safe, a changed one is not.
 */
export class LedgerOutcomeUnknown extends Error {
  override readonly name = 'LedgerOutcomeUnknown';
  readonly transactionId: string;
  constructor(transactionId: string, options?: ErrorOptions) {
    super(`the outcome of transaction ${transactionId} is not known`, options);
    this.transactionId = transactionId;
  }
}
