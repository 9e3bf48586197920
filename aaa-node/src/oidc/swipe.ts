import { evChargingDetail, parseSessionId, type ChargeOffer } from '@roamgrid/wire';
import { parseCinEntry } from '@roamgrid/domain';
import {
  errors,
  type BackchannelAuthenticationRequest,
  type CIBAConfiguration,
  type KoaContextWithOIDC,
} from 'oidc-provider';
import { z } from 'zod';
import { findByCin } from '../hcp/customers.ts';
import { RequestReused, type Authoriser } from '../roaming/authorise.ts';
import type { Db } from '../store/database.ts';

/** A swipe as a backchannel request. Spec: OpenID CIBA Core 1.0 (poll mode); RFC 9396 for what is asked. */

const details = z.tuple([evChargingDetail]);

/** The one offer of a swipe; anything else in `authorization_details` is refused. */
const offerOf = (text: unknown): ChargeOffer | undefined => {
  if (typeof text !== 'string') return undefined;
  try {
    const parsed = details.safeDecode(JSON.parse(text) as z.input<typeof details>);
    return parsed.success ? parsed.data[0].offer : undefined;
  } catch {
    return undefined;
  }
};

/** Whose provider this is, and the ledger's channel. */
export interface HomeIdentity {
  readonly utilityId: string;
  readonly channel: string;
}

/**
 * Type-specific check of an `ev_charging` detail: an offer of the client that asks, in this channel, under a number that
 * it has with this utility. Spec: RFC 9396 §5.
 */
export const checkChargingDetail =
  ({ utilityId, channel }: HomeIdentity) =>
  (ctx: KoaContextWithOIDC, detail: unknown): void => {
    const refuse = (message: string) => new errors.InvalidAuthorizationDetails(message);
    const parsed = evChargingDetail.safeParse(detail);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      throw refuse(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`);
    }
    const { offer } = parsed.data;
    if (offer.vun !== ctx.oidc.client?.clientId) throw refuse('offer.vun is not the client that asks');
    if (offer.channel !== channel) throw refuse(`offer.channel is not ${channel}`);
    const name = parseSessionId(offer.sessionId);
    if (!name.ok || name.value.vun !== offer.vun || name.value.hun !== utilityId)
      throw refuse(`offer.sessionId is no number between ${offer.vun} and ${utilityId}`);
  };

const loginHintToCustomer = async (db: Db, hint: string): Promise<string> => {
  const cin = parseCinEntry(hint);
  if (!cin.ok) throw new errors.UnknownUserId('the login hint is not a CIN');
  const customer = await findByCin(db, cin.value);
  if (customer === undefined) throw new errors.UnknownUserId('no customer has this CIN');
  return customer.sub;
};

/** Both sides show the outlet: what the driver stands at is what is being authorised. */
const checkBinding = (ctx: KoaContextWithOIDC, message: string | undefined): void => {
  const offer = offerOf(ctx.oidc.params?.['authorization_details']);
  if (offer === undefined) {
    throw new errors.InvalidAuthorizationDetails('a swipe carries exactly one detail of type ev_charging');
  }
  if (message !== offer.evseId)
    throw new errors.InvalidBindingMessage('the binding message is the id of the outlet');
};

export const cibaFeature = (db: Db, authoriser: Authoriser): CIBAConfiguration => ({
  enabled: true,
  deliveryModes: ['poll'],
  processLoginHint: (_ctx, hint) => loginHintToCustomer(db, hint ?? ''),
  processLoginHintToken: () => {
    throw new errors.InvalidRequest('give a login_hint');
  },
  validateBindingMessage: checkBinding,
  validateRequestContext: (_ctx, context) => {
    if (context !== undefined) throw new errors.InvalidRequest('request_context is not used here');
  },
  verifyUserCode: (_ctx, _account, userCode) => {
    if (userCode !== undefined) throw new errors.InvalidRequest('user_code is not used here');
  },
  /** There is no second device: the decision is made now, and the driver's consent at the station releases the token. */
  triggerAuthenticationDevice: async (_ctx, request: BackchannelAuthenticationRequest, _account, client) => {
    const offer = offerOf(request.params?.['authorization_details']);
    const cin = parseCinEntry(String(request.params?.['login_hint']));
    if (offer === undefined || !cin.ok) throw new Error('a checked backchannel request is no longer right');
    try {
      await authoriser.authorise({ authReqId: request.jti, vun: client.clientId, cin: cin.value, offer });
    } catch (thrown) {
      if (thrown instanceof RequestReused) {
        throw new errors.InvalidRequest('the session id was used for a different offer');
      }
      throw thrown;
    }
  },
});
