import type { SwipeOffer } from '@roamgrid/wire';
import type { Charge } from './charges.ts';
import type { StationContext } from './context.ts';
import { termsOf } from './running.ts';

/** What home says to an opening before energy flows. */
export type HomeAnswer =
  | { readonly outcome: 'yes' }
  /** It did not answer in time, and by the agreement the session charges all the same. */
  | { readonly outcome: 'silent' }
  | {
      readonly outcome: 'no';
      readonly code: string;
      readonly detail: string;
      readonly remedy: string | undefined;
    };

/** Sends the opening to the home utility, by way of the own router, and waits for its judgement. */
export const askHome = async (
  context: StationContext,
  charge: Charge,
  { quoteHash, signedQuote }: SwipeOffer,
): Promise<HomeAnswer> => {
  const { sessionId, openText } = charge;
  const relayed = await context.router.consent(sessionId, {
    sessionId,
    quoteHash,
    signedQuote,
    openBody: openText,
  });
  switch (relayed.kind) {
    case 'taken':
      return { outcome: 'yes' };
    case 'refused': {
      const { code, detail, remedy } = relayed;
      return { outcome: 'no', code, detail, remedy };
    }
    case 'later':
      if (termsOf(context, charge).homeSilent === 'charge') return { outcome: 'silent' };
      return {
        outcome: 'no',
        code: 'HOME_TIMEOUT',
        detail:
          'the home utility did not answer in time, and by the agreement nothing charges without its word',
        remedy: 'Swipe again in a minute.',
      };
  }
};
