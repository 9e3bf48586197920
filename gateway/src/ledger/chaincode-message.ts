import { ledgerErrorCode } from '@roamgrid/wire';
import { LedgerRefusal } from './errors.ts';

/** `CODE: text`, wherever a peer put it: `chaincode response 500, CODE: text`, `error in simulation: … CODE: text`. */
const CODED = new RegExp(`(?:^|[\\s,:])(${ledgerErrorCode.options.join('|')}): ([^\\n]*)`);

/** The refusal that stands in one of the messages, if there is one. */
export const refusalIn = (messages: readonly string[], cause: unknown): LedgerRefusal | undefined => {
  for (const message of messages) {
    const match = CODED.exec(message);
    const code = ledgerErrorCode.safeParse(match?.[1]);
    if (match !== null && code.success) return new LedgerRefusal(code.data, match[2] ?? '', { cause });
  }
  return undefined;
};
