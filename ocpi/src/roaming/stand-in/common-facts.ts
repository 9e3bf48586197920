import type { JsonTree } from '../../objects/read.ts';
import type { StandInSessionTable } from '../../store/schema.ts';
import type { ShownOutlet } from './own-outlet.ts';

/** A partner's yes to one session in real time. */
export interface PartnersYes {
  /** By which it knows that yes. */
  readonly reference: string | undefined;
}

export const yesOf = (
  row: Pick<StandInSessionTable, 'asked_at_ms' | 'reference'> | undefined,
): PartnersYes | undefined =>
  row === undefined || row.asked_at_ms === null ? undefined : { reference: row.reference ?? undefined };

/** Whose session it is and by what it was authorised. Spec: OCPI 2.2.1 mod_cdrs AuthMethod. */
export const authorisedBy = (token: JsonTree, yes: PartnersYes | undefined): JsonTree => {
  const { country_code, party_id, uid, type, contract_id } = token;
  return {
    cdr_token: { country_code, party_id, uid, type, contract_id },
    // Such a card is good for nothing without having been asked for.
    auth_method: yes === undefined && token['whitelist'] !== 'NEVER' ? 'WHITELIST' : 'AUTH_REQUEST',
    ...(yes?.reference !== undefined && { authorization_reference: yes.reference }),
  };
};

/** Where it is. Spec: OCPI 2.2.1 mod_sessions Session. */
export const placedAt = ({ location, evse, connector }: ShownOutlet): JsonTree => ({
  location_id: location['id'],
  evse_uid: evse['uid'],
  connector_id: connector['id'],
});
