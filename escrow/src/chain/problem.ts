/** Why something on a chain did not happen, or is not known to have happened yet. */
export type ChainProblem =
  /** Another chain answers at this address than the one that was agreed on. */
  | 'WRONG_CHAIN'
  /** Nobody answers, or not in time. */
  | 'CHAIN_UNREACHABLE'
  /** The node answered with an error of its own. */
  | 'CHAIN_REFUSED'
  /** It goes on, and is not final yet: ask again under the same key. */
  | 'NOT_FINAL'
  /** The chain asks for a higher fee than may be paid. */
  | 'FEE_OVER_CAP'
  /** The call takes more gas than one may. */
  | 'GAS_OVER_CAP'
  /** The contract refused. */
  | 'REVERTED'
  /** Another transaction was told under this key. */
  | 'INTENT_CONFLICT'
  /** No transaction was told under this key. */
  | 'INTENT_UNKNOWN'
  /** The journal on disk is not one, or another process has it. */
  | 'JOURNAL_UNUSABLE'
  /** The chain no longer has a transaction, or has another in its place than was said. */
  | 'REORGANISED'
  /** A transaction is on the chain and is not what it was said to be. */
  | 'NOT_AS_SAID';

export class ChainError extends Error {
  readonly code: ChainProblem;

  constructor(code: ChainProblem, text: string, options?: ErrorOptions) {
    super(`${code}: ${text}`, options);
    this.name = 'ChainError';
    this.code = code;
  }
}

/** True for what may be otherwise in a moment, with nothing changed by the caller. */
export const isPassing = (thrown: unknown): boolean =>
  thrown instanceof ChainError && (thrown.code === 'CHAIN_UNREACHABLE' || thrown.code === 'NOT_FINAL');
