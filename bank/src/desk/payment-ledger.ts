/** What the desk asks of the ledger, and tells it; its gateway is one, a test has another. */

/** A payment as the ledger has it. */
export interface LedgerPayment {
  readonly paymentId: string;
  readonly periodId: string;
  readonly currency: string;
  readonly payer: string;
  readonly payee: string;
  readonly amountMicros: bigint;
  readonly dueAtMs: number;
  readonly state: 'due' | 'sent' | 'confirmed' | 'short' | 'doubled' | 'reversed' | 'wrong-currency';
  /** End-to-end ids of what the payer said to have sent by bank. */
  readonly sent: readonly string[];
  /** Of these, what came back; only of a payment whose payee has no voice, so that the payer says it. */
  readonly cameBack?: readonly string[];
  readonly receipts: readonly {
    readonly receiptId: string;
    readonly amountMicros: bigint;
    readonly state: 'counted' | 'other-currency' | 'reversed' | 'returned';
  }[];
}

/** Money that came, for the ledger. */
export interface BankReceipt {
  readonly receiptId: string;
  readonly entryReference: string;
  readonly endToEndId: string | undefined;
  readonly statementHash: string;
  readonly currency: string;
  readonly amountMicros: bigint;
  readonly valueAtMs: number;
}

export interface PaymentLedger {
  /** Payments that the own utility makes or gets. */
  payments(): Promise<readonly LedgerPayment[]>;
  /** Parts of it that `payments` could not ask the last time, and went on without. */
  trouble?(): readonly string[];
  /** Receipts that the ledger has of the own utility and that are of no payment. */
  unmatched(): Promise<readonly string[]>;
  /** Each of these is told once for its command id, however often it is called. */
  send(paymentId: string, endToEndId: string): Promise<void>;
  /** For a payment with `cameBack`. */
  comeBack?(paymentId: string, endToEndId: string): Promise<void>;
  receive(paymentId: string, receipt: BankReceipt): Promise<void>;
  undo(paymentId: string, receiptId: string): Promise<void>;
  keepUnmatched(receipt: BankReceipt): Promise<void>;
}
