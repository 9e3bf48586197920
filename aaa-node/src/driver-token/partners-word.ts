import type { ChargeOffer, PartnersWord } from '@roamgrid/wire';
import { refuse, type Refusal } from '../roaming/refusal.ts';
import type { Db } from '../store/database.ts';
import type { Confirm } from './confirm.ts';

/** A card of a partner's customer, and why it may not charge now, where the partner says so. */
export interface PartnersCard {
  readonly no: Refusal | undefined;
}

const NO: Readonly<Record<Exclude<PartnersWord, 'ALLOWED'>, Refusal>> = {
  BLOCKED: refuse('CUSTOMER_BLOCKED', 'The provider of the card blocked it.'),
  EXPIRED: refuse('CUSTOMER_BLOCKED', 'The provider of the card says that it is out of its time.'),
  NO_CREDIT: refuse('LIMIT_EXCEEDED', 'The provider of the card says that its account is used up.'),
  NOT_ALLOWED: refuse('SERVICE_NOT_IN_PORTFOLIO', 'The provider of the card does not let it charge here.'),
  NOT_HERE: refuse(
    'SERVICE_NOT_IN_PORTFOLIO',
    'The provider of the card lets it charge at other outlets only.',
  ),
  AWAY: refuse('HOME_UNREACHABLE', 'The provider of the card wants to be asked, and does not answer.'),
};

/**
 * A partner outside has the last word on its own customers, whatever was swiped for the card: its token, its contract or the CIN
 * itself. Without a door to partners their cards are good for nothing.
 * Asks it about the card that a CIN is, where it is a partner's; what is decided already is not asked again.
 */
export const createPartnersWord =
  (db: Db, confirm: Confirm | undefined) =>
  async (
    cin: string,
    { sessionId, evseId }: ChargeOffer,
    decided: () => Promise<unknown>,
  ): Promise<PartnersCard | undefined> => {
    const card = await db
      .selectFrom('driver_token')
      .innerJoin('cin', 'cin.cin_ref', 'driver_token.cin_ref')
      .select('cin.cin_ref')
      .where('cin.cin', '=', cin)
      .where('asks_partner', '=', true)
      .executeTakeFirst();
    if (card === undefined || (await decided()) !== undefined) return undefined;
    const word =
      confirm === undefined ? 'BLOCKED' : await confirm({ cinRef: card.cin_ref, sessionId, evseId });
    return { no: word === 'ALLOWED' ? undefined : NO[word] };
  };

export type AskPartner = ReturnType<typeof createPartnersWord>;
