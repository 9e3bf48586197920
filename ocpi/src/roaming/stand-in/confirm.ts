import { confirmAnswer, confirmQuestion, type AssertionClaims } from '@roamgrid/wire';
import { reply, route, ServiceError, type Auth, type Route } from '@roamgrid/service-kit';
import { sql } from 'kysely';
import type { Door } from '../../door.ts';
import { OBJECTS } from '../../objects/index.ts';
import { readObject, type JsonTree } from '../../objects/read.ts';
import { askPartner } from '../../partners/ask-partner.ts';
import { endpointOf, findPartner, type Partner } from '../../partners/partner.ts';
import type { OcpiProblem } from '../../problems.ts';
import { findPeer } from '../../store/peer-objects.ts';
import type { StandInCardTable } from '../../store/schema.ts';

const findCard = ({ db }: Door, tokenId: string): Promise<StandInCardTable | undefined> =>
  db
    .selectFrom('stand_in_card')
    .selectAll()
    .where(sql<boolean>`token_ids::jsonb @> ${JSON.stringify([tokenId])}::jsonb`)
    .executeTakeFirst();

type Word = 'yes' | 'no' | 'away';

/** Asks the partner in real time. Spec: OCPI 2.2.1 mod_tokens, Sender Interface, POST Method. */
const askWord = async (
  door: Door,
  partner: Partner,
  card: StandInCardTable,
  { uid, type }: JsonTree,
): Promise<Word> => {
  const { db, settings, nowMs } = door;
  const endpoint = endpointOf(partner, 'tokens', 'SENDER')?.replace(/\/$/, '');
  if (endpoint === undefined || partner.version === undefined) return 'no';
  const outcome = await askPartner(door, partner, {
    method: 'POST',
    url: `${endpoint}/${encodeURIComponent(String(uid))}/authorize?type=${encodeURIComponent(String(type))}`,
    timeoutMs: settings.times.authorise,
  });
  if (outcome.kind !== 'ok') return outcome.kind === 'away' ? 'away' : 'no';
  const read = readObject(OBJECTS[partner.version].authorizationInfo, outcome.data);
  if (!read.ok) return 'away';
  if (read.value.allowed !== 'ALLOWED') return 'no';
  await db
    .updateTable('stand_in_card')
    .set({ reference: read.value.authorization_reference ?? null, reference_at_ms: nowMs() })
    .where('cin_ref', '=', card.cin_ref)
    .execute();
  return 'yes';
};

/** Spec: OCPI 2.2.1 mod_tokens WhitelistType: who has to be asked, and what counts when nobody answers. */
const mayCharge = async (door: Door, tokenId: string): Promise<boolean> => {
  const card = await findCard(door, tokenId);
  const partner = card && (await findPartner(door.db, card.partner_id));
  if (card?.state !== 'active' || partner?.state !== 'registered') return false;
  const token = await findPeer(door.db, {
    partnerId: card.partner_id,
    module: 'tokens',
    country: card.owner.slice(0, 2),
    party: card.owner.slice(2),
    key: card.token_key,
  });
  if (token?.tree['valid'] !== true) return false;
  const { whitelist } = token.tree;
  if (whitelist === 'ALWAYS' || whitelist === 'ALLOWED') return true;
  const word = await askWord(door, partner, card, token.tree);
  if (word === 'away' && whitelist === 'NEVER')
    throw new ServiceError<OcpiProblem>('PARTNER_AWAY', 'the partner wants to be asked, and is away');
  return word !== 'no';
};

/** What the own AAA node asks before it says whose card a partner's is. */
export const confirmRoute = (door: Door, auth: Auth<AssertionClaims>): Route =>
  route({
    method: 'post',
    path: '/internal/v1/tokens/confirm',
    summary: 'Does the partner whose customer showed it let it charge now?',
    auth,
    body: confirmQuestion,
    answers: { 200: confirmAnswer },
    problems: ['PARTNER_AWAY'],
    handler: async ({ body }) => reply(200, { allowed: await mayCharge(door, body.tokenId) }),
  });
