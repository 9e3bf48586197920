/** How a guard is taken out of the contracts: a text that stands once in its file, and what stands there when it is gone. */
export interface Removal {
  readonly guard: string;
  /** From the workspace's folder. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export const SESSION = 'chaincode/src/session';
export const RULES = 'wire/src/ledger/opening-rules.ts';
export const LEAVE = 'wire/src/ledger/home-leave.ts';
