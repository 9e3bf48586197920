import { kitError } from '@roamgrid/service-kit';
import { offlineAnswer, offlineQuestion, type OfflineAnswer } from '@roamgrid/wire';
import { aaaError } from '../problems.ts';
import type { AskGateway } from './clearing.ts';

/** A partner is asked through its router and AAA node. */
const QUOTE_TIMEOUT_MS = 40_000;

/** What the node asks of its gateway about charging where nobody hears of anything. */
export const offlineCalls = (ask: AskGateway) => ({
  /** A price ahead of time at own chargers or, through the router, at a partner's. */
  standingQuote: async (signedAsk: string): Promise<OfflineAnswer> => {
    const body = offlineQuestion.encode({ ask: signedAsk });
    const answer = await ask('POST', '/internal/v1/offline/quotes', offlineAnswer, body, QUOTE_TIMEOUT_MS);
    if (answer.ok) return answer.value;
    const { failure } = answer;
    if (failure.kind !== 'problem')
      throw kitError('UNAVAILABLE', 'the own gateway does not answer', { cause: failure });
    const { code, detail } = failure.problem;
    if (code === 'HOME_SERVICE_DOWN') throw aaaError('PARTNER_SILENT', detail);
    if (code === 'PARTNER_REFUSED') throw aaaError('OFFLINE_NO_QUOTE', detail);
    throw kitError('UNAVAILABLE', detail, { cause: failure });
  },
});
