import { leaveNotice, offlineAnswer, offlineQuestion, type OfflineAnswer } from '@roamgrid/wire';
import { z } from 'zod';
import { aaaError } from '../problems.ts';
import type { AskGateway } from './clearing.ts';
import { partnerAnswer } from './partner-answer.ts';

/** A partner is asked through its router and AAA node. */
const QUOTE_TIMEOUT_MS = 40_000;

/** What the node asks of its gateway about charging where nobody hears of anything. */
export const offlineCalls = (ask: AskGateway) => ({
  /** A price ahead of time at own chargers or, through the router, at a partner's. */
  standingQuote: async (signedAsk: string): Promise<OfflineAnswer> => {
    const body = offlineQuestion.encode({ ask: signedAsk });
    const answer = await ask('POST', '/internal/v1/offline/quotes', offlineAnswer, body, QUOTE_TIMEOUT_MS);
    return partnerAnswer(answer, 'OFFLINE_NO_QUOTE');
  },
  /** Tells the utility of the chargers what was signed beside a token. Told again it changes nothing. */
  tellLeave: async (leave: string): Promise<void> => {
    const body = leaveNotice.encode({ leave });
    const answer = await ask('POST', '/internal/v1/offline/leaves', z.undefined(), body, QUOTE_TIMEOUT_MS);
    if (answer.ok) return;
    const { failure } = answer;
    const detail = failure.kind === 'problem' ? failure.problem.detail : 'the own gateway does not answer';
    throw aaaError('PARTNER_SILENT', `the chargers’ utility was not told: ${detail}`, { cause: failure });
  },
});
