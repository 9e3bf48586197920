import { gatewayError } from '../problems.ts';
import { LedgerInvalid, LedgerOutcomeUnknown, LedgerRefusal, LedgerUnavailable } from '../ledger/errors.ts';

/** The ledger's typed failures as problems; anything else goes on as it is. */
export const asProblem = (thrown: unknown): unknown => {
  if (thrown instanceof LedgerRefusal) {
    return gatewayError(`LEDGER_${thrown.code}`, thrown.message, { cause: thrown });
  }
  if (thrown instanceof LedgerUnavailable || thrown instanceof LedgerOutcomeUnknown) {
    return gatewayError('LEDGER_DOWN', thrown.message, {
      remedy: 'Send the same command, with the same commandId, again.',
      cause: thrown,
    });
  }
  if (thrown instanceof LedgerInvalid)
    return gatewayError('LEDGER_INVALID', thrown.message, { cause: thrown });
  return thrown;
};
