import {
  confirmAnswer,
  confirmQuestion,
  type AssertionClaims,
  type ConfirmQuestion,
  type PartnersWord,
} from '@roamgrid/wire';
import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import type { Door } from '../../door.ts';
import { OBJECTS } from '../../objects/index.ts';
import { readObject, type JsonTree } from '../../objects/read.ts';
import { isSameId } from '../../objects/scalars.ts';
import type { AuthorizationInfo } from '../../objects/tokens.ts';
import { askPartner } from '../../partners/ask-partner.ts';
import { endpointOf, findPartner, type Partner } from '../../partners/partner.ts';
import { findPeer } from '../../store/peer-objects.ts';
import type { StandInCardTable } from '../../store/schema.ts';
import { findShownOutlet } from './own-outlet.ts';
import { tokenPlaceOf } from './token-place.ts';

const NO = ['BLOCKED', 'EXPIRED', 'NO_CREDIT', 'NOT_ALLOWED'] as const satisfies readonly PartnersWord[];

/** Where the driver stands, as partners were shown it. */
interface Place {
  readonly locationId: string;
  readonly evseUid: string;
}

const placeOf = async ({ db }: Door, evseId: string): Promise<Place | undefined> => {
  const outlet = await findShownOutlet(db, evseId);
  return outlet && { locationId: String(outlet.location['id']), evseUid: String(outlet.evse['uid']) };
};

/**
 * Whether a yes is to this place: it may name the outlets for which it is. Spec: OCPI 2.2.1 mod_tokens AuthorizationInfo: only the
 * EVSEs at which the driver may charge are returned.
 */
const isFor = (location: AuthorizationInfo['location'], place: Place | undefined): boolean => {
  if (location === undefined || location === null || place === undefined) return true;
  if (!isSameId(location.location_id, place.locationId)) return false;
  const uids = location.evse_uids ?? undefined;
  return uids === undefined || uids.some((uid) => isSameId(uid, place.evseUid));
};

/** Keeps a yes with the session that it is for. */
const keepYes = async (
  { db, nowMs }: Door,
  { sessionId, cinRef }: ConfirmQuestion,
  reference: string | undefined,
): Promise<void> => {
  const yes = { asked_at_ms: nowMs(), reference: reference ?? null };
  await db
    .insertInto('stand_in_session')
    .values({
      session_id: sessionId,
      cin_ref: cinRef,
      state: 'asked',
      ...yes,
      ...{ sequence: 0, told_at_ms: nowMs(), counts_until_ms: null },
    })
    .onConflict((conflict) =>
      conflict.column('session_id').doUpdateSet(yes).where('stand_in_session.state', '=', 'asked'),
    )
    .execute();
};

/** Asks the partner in real time. Spec: OCPI 2.2.1 mod_tokens, Sender Interface, POST Method. */
const askWord = async (
  door: Door,
  partner: Partner,
  question: ConfirmQuestion,
  card: StandInCardTable,
  { uid, type }: JsonTree,
): Promise<PartnersWord> => {
  const endpoint = endpointOf(partner, 'tokens', 'SENDER')?.replace(/\/$/, '');
  if (endpoint === undefined || partner.version === undefined) return 'NOT_ALLOWED';
  const place = await placeOf(door, question.evseId);
  const { country, party } = tokenPlaceOf(card);
  const outcome = await askPartner(door, partner, {
    method: 'POST',
    url: `${endpoint}/${encodeURIComponent(String(uid))}/authorize?type=${encodeURIComponent(String(type))}`,
    to: { country, party },
    ...(place && { body: { location_id: place.locationId, evse_uids: [place.evseUid] } }),
    timeoutMs: door.settings.times.authorise,
  });
  if (outcome.kind !== 'ok') return outcome.kind === 'away' ? 'AWAY' : 'NOT_ALLOWED';
  const read = readObject(OBJECTS[partner.version].authorizationInfo, outcome.data);
  if (!read.ok) return 'AWAY';
  const { allowed, location, authorization_reference: reference } = read.value;
  if (allowed !== 'ALLOWED') return NO.find((word) => word === allowed) ?? 'NOT_ALLOWED';
  if (!isFor(location, place)) return 'NOT_HERE';
  await keepYes(door, question, reference ?? undefined);
  return 'ALLOWED';
};

/** Spec: OCPI 2.2.1 mod_tokens WhitelistType: who has to be asked, and what counts when nobody answers. */
const wordOn = async (door: Door, question: ConfirmQuestion): Promise<PartnersWord> => {
  const { db } = door;
  const card = await db
    .selectFrom('stand_in_card')
    .selectAll()
    .where('cin_ref', '=', question.cinRef)
    .executeTakeFirst();
  const partner = card && (await findPartner(db, card.partner_id));
  if (card?.state !== 'active' || partner?.state !== 'registered') return 'BLOCKED';
  const token = await findPeer(db, tokenPlaceOf(card));
  if (token?.tree['valid'] !== true) return 'BLOCKED';
  const { whitelist } = token.tree;
  if (whitelist === 'ALWAYS' || whitelist === 'ALLOWED') return 'ALLOWED';
  const word = await askWord(door, partner, question, card, token.tree);
  return word === 'AWAY' && whitelist !== 'NEVER' ? 'ALLOWED' : word;
};

/** What the own AAA node asks before it lets a partner's customer charge. */
export const confirmRoute = (door: Door, auth: Auth<AssertionClaims>): Route =>
  route({
    method: 'post',
    path: '/internal/v1/tokens/confirm',
    summary: 'Does the partner whose customer swiped let it charge at this outlet now?',
    auth,
    body: confirmQuestion,
    answers: { 200: confirmAnswer },
    handler: async ({ body }) => reply(200, { word: await wordOn(door, body) }),
  });
