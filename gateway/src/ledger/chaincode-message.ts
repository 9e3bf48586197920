import { isEndorsementClockRefusal, ledgerErrorCode } from '@roamgrid/wire';
import { LedgerRefusal } from './errors.ts';

/** `CODE: text`, wherever a peer put it: `chaincode response 500, CODE: text`, `error in simulation: … CODE: text`. */
const CODED = new RegExp(`(?:^|[\\s,:])(${ledgerErrorCode.options.join('|')}): ([^\\n]*)`);

/**
 * An endorser would not sign for the difference of its clock. That says nothing of the command: proposed again, at
 * another time, the same endorser or another one may sign.
 */
export const isOfAClock = (refusal: LedgerRefusal | undefined): boolean =>
  refusal?.code === 'CLOCK_SKEW' && isEndorsementClockRefusal(refusal.message);

/** The refusal that stands in one of the messages, if there is one; that of a contract before that of a clock. */
export const refusalIn = (messages: readonly string[], cause: unknown): LedgerRefusal | undefined => {
  let found: LedgerRefusal | undefined;
  for (const message of messages) {
    const match = CODED.exec(message);
    const code = ledgerErrorCode.safeParse(match?.[1]);
    if (match === null || !code.success) continue;
    const refusal = new LedgerRefusal(code.data, match[2] ?? '', { cause });
    if (!isOfAClock(refusal)) return refusal;
    found ??= refusal;
  }
  return found;
};
