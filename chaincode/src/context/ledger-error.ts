import type { LedgerErrorCode } from '@roamgrid/wire';

/** A refusal. Its message is the contract's answer: `CODE: what is wrong, and what to do where that helps`. */
export class LedgerError extends Error {
  readonly code: LedgerErrorCode;

  constructor(code: LedgerErrorCode, text: string) {
    super(`${code}: ${text}`);
    this.name = 'LedgerError';
    this.code = code;
  }
}

/** Throws a refusal; an expression, so that it can stand where a value is missing. */
export const refuse = (code: LedgerErrorCode, text: string): never => {
  throw new LedgerError(code, text);
};

/** Refuses unless the condition holds. */
export function ensure(condition: boolean, code: LedgerErrorCode, text: string): asserts condition {
  if (!condition) throw new LedgerError(code, text);
}
