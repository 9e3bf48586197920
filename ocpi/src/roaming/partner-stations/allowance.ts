import type { RefusalCode } from '@roamgrid/wire';
import { tokenKey } from '../../objects/modules.ts';
import type { OcpiToken } from '../../objects/tokens.ts';
import type { Allowance, CustomerSide } from '../ports.ts';
import { closeOver } from './close.ts';
import { outletsAt, type PartnerOutlet, type StationsContext } from './context.ts';
import { runningReference, swipe } from './offers.ts';

type No = Exclude<Allowance['allowed'], 'ALLOWED'>;

/** What a partner is told for each reason why a customer cannot charge there. Spec: OCPI 2.2.1 mod_tokens AllowedType. */
const ALLOWED: Readonly<Record<RefusalCode | 'REFUSED', No>> = {
  CIN_INVALID: 'NOT_ALLOWED',
  ISSUER_UNKNOWN: 'NOT_ALLOWED',
  ISSUER_EXPIRED: 'EXPIRED',
  NO_AGREEMENT: 'NOT_ALLOWED',
  HOME_UNREACHABLE: 'NOT_ALLOWED',
  HOME_TIMEOUT: 'NOT_ALLOWED',
  HOME_PROTOCOL_ERROR: 'NOT_ALLOWED',
  TOKEN_UNKNOWN: 'NOT_ALLOWED',
  TOKEN_AMBIGUOUS: 'NOT_ALLOWED',
  CUSTOMER_UNKNOWN: 'NOT_ALLOWED',
  CUSTOMER_BLOCKED: 'BLOCKED',
  SERVICE_NOT_IN_PORTFOLIO: 'NOT_ALLOWED',
  LIMIT_EXCEEDED: 'NO_CREDIT',
  NEGOTIATION_FAILED: 'NOT_ALLOWED',
  STATION_UNAVAILABLE: 'NOT_ALLOWED',
  OUTLET_RESERVED: 'NOT_ALLOWED',
  CONSENT_EXPIRED: 'EXPIRED',
  LEDGER_UNAVAILABLE: 'NOT_ALLOWED',
  REFUSED: 'NOT_ALLOWED',
};

const no = (info: string, allowed: No = 'NOT_ALLOWED'): Allowance => ({ allowed, info });

const askedAt = async (
  context: StationsContext,
  outlet: PartnerOutlet,
  token: OcpiToken,
): Promise<Allowance> => {
  const key = tokenKey(token.uid, token.type);
  const at = { partner_id: outlet.partnerId, evse_id: outlet.evseId, token_key: key };
  const running = await runningReference(context.door.db, at);
  if (running !== undefined) return { allowed: 'ALLOWED', reference: running };
  await closeOver(context, outlet.evseId);
  const swiped = await swipe(context, outlet, token, key);
  if (swiped.outcome === 'refused')
    return swiped.code === 'AWAY'
      ? no('Nobody can say it now: ask again.')
      : no(swiped.detail, ALLOWED[swiped.code]);
  if (swiped.kept.offer.driverConsent === 'required')
    return no('The driver’s own device has to agree to the price, which it cannot here.');
  return { allowed: 'ALLOWED', reference: swiped.kept.reference };
};

/** Asks the ledger's side whether a customer may charge at a partner's outlet. */
export const customersAt = (context: StationsContext): CustomerSide => ({
  async authorize({ partnerId }, token, location) {
    if (!token.valid) return { allowed: 'BLOCKED' };
    if (location === undefined)
      return no('The price depends on the outlet: say the location and the EVSE with the question.');
    const found = outletsAt(context, partnerId, location.location_id, location.evse_uids ?? []);
    const [outlet, other] = found;
    if (outlet === undefined) return no('No such EVSE is registered for roaming here.');
    if (other !== undefined) return no('The price depends on the outlet: name one EVSE of the location.');
    return context.turns.run(outlet.evseId, () => askedAt(context, outlet, token));
  },
});
