import { homeDecision, sessionOpenBody } from '@roamgrid/wire';
import type { z } from 'zod';
import type { FeedItem } from '../accounting/check-cdr.ts';
import type { Trx } from '../store/database.ts';

/**
 * The ledger tells of a session whose consent did not reach this node, or not yet: the opening that both endorsers
 * judged, on this node's own yes, is the consent. The same consent brought later changes nothing.
 */
export const consentByLedger = async (trx: Trx, { cdr, openBody }: FeedItem): Promise<void> => {
  if (openBody === undefined) return;
  const { sessionId, vun } = cdr;
  // A consent that is being taken at this moment goes first.
  const decided = await trx
    .selectFrom('decision')
    .innerJoin('account', 'account.customer_id', 'decision.customer_id')
    .selectAll('decision')
    .select('account.account_id')
    .where('vun', '=', vun)
    .where('session_id', '=', sessionId)
    .forUpdate('decision')
    .executeTakeFirst();
  if (decided === undefined || decided.hold_id === null) return;
  const said = homeDecision.decode(decided.decision as z.input<typeof homeDecision>);
  const open = sessionOpenBody.decode(JSON.parse(openBody) as z.input<typeof sessionOpenBody>);
  if (said.outcome !== 'authorised' || open.evidence !== said.signedAuthorisation) return;
  await trx
    .insertInto('home_session')
    .values({
      vun,
      session_id: sessionId,
      customer_id: decided.customer_id,
      account_id: decided.account_id,
      cin_ref: decided.cin_ref,
      hold_id: decided.hold_id,
      currency: open.quote.currency,
      cap_micros: open.quote.capMicros,
      signed_quote: null,
      open_body: openBody,
      consented_at_ms: open.consent.consentedAtMs,
      state: 'consented',
      final: null,
    })
    .onConflict((conflict) => conflict.columns(['vun', 'session_id']).doNothing())
    .execute();
};
