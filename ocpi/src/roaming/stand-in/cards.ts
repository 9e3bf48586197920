import { cinParts, readContractId } from '@roamgrid/domain';
import type { DriverToken } from '@roamgrid/wire';
import type { JsonTree } from '../../objects/read.ts';
import type { Partner } from '../../partners/partner.ts';
import type { Db, StandInCardTable } from '../../store/schema.ts';
import type { PeerPlace } from '../../store/peer-objects.ts';
import type { TakeObject } from '../inbox.ts';
import { MachineFault, type Machines } from './machines.ts';

const text = (tree: JsonTree, field: string): string => {
  const value = tree[field];
  return typeof value === 'string' ? value : '';
};

/** A contract's id as cars show it, with or without its check character. Spec: ISO 15118-1 Annex H. */
const EMAID = /^[A-Z]{2}-?[A-Z0-9]{3}-?[A-Z0-9]{9}(-?[A-Z0-9])?$/i;

/** Country and party that gave out a contract, however its id is written, as the AAA node reads it. */
const giverOf = (contract: string): string => {
  const read = readContractId(contract);
  if (read.ok) return cinParts(read.value.cin).utility;
  return contract
    .toUpperCase()
    .replace(/[\s*-]/g, '')
    .slice(0, 5);
};

/**
 * By what a partner's customer is known at a station. A contract of another party is not the partner's to name: its
 * driver would be asked of the partner, and charge as the partner's. Spec: OCPI 2.2.1 and 2.3.0 mod_tokens TokenType.
 */
const shownBy = ({ parties }: Partner, token: JsonTree): readonly DriverToken[] => {
  const [uid, contract] = [text(token, 'uid'), text(token, 'contract_id')];
  const type = text(token, 'type');
  const card: DriverToken =
    type === 'RFID' ? { type: 'rfid', value: uid } : { type: type === 'EMAID' ? 'emaid' : 'app', value: uid };
  // A car shows the contract, whatever card its driver has.
  const isContract = card.type !== 'emaid' && EMAID.test(contract);
  const shown: readonly DriverToken[] = isContract ? [card, { type: 'emaid', value: contract }] : [card];
  return shown.filter(({ type: kind, value }) => kind !== 'emaid' || parties.includes(giverOf(value)));
};

const customerOf = async (db: Db, partnerId: string): Promise<string> => {
  const row = await db
    .selectFrom('stand_in')
    .select('customer_id')
    .where('partner_id', '=', partnerId)
    .executeTakeFirst();
  if (row === undefined)
    throw new Error(`STAND_IN_MISSING: no customer stands in for those of ${partnerId}: name one`);
  return row.customer_id;
};

const ownerOf = ({ country, party }: PeerPlace): string => `${country}${party}`.toUpperCase();

const findCard = (db: Db, place: PeerPlace): Promise<StandInCardTable | undefined> =>
  db
    .selectFrom('stand_in_card')
    .selectAll()
    .where('partner_id', '=', place.partnerId)
    .where('owner', '=', ownerOf(place))
    .where('token_key', '=', place.key)
    .executeTakeFirst();

const TAKEN = 'TOKEN_TAKEN';

/** A card for the token, written down before it is known by anything: a second try issues no second one. */
const issueCard = async (db: Db, machines: Machines, place: PeerPlace): Promise<StandInCardTable> => {
  const { cinRef } = await machines.issueCin(await customerOf(db, place.partnerId));
  const row: StandInCardTable = {
    partner_id: place.partnerId,
    owner: ownerOf(place),
    token_key: place.key,
    cin_ref: cinRef,
    token_ids: '[]',
    state: 'active',
    reference: null,
    reference_at_ms: null,
  };
  await db.insertInto('stand_in_card').values(row).execute();
  return row;
};

/** Makes the card known by what its driver shows; the contract's id is another's where it has several cards. */
const nameCard = async (
  db: Db,
  machines: Machines,
  card: StandInCardTable,
  shownAs: readonly DriverToken[],
): Promise<StandInCardTable> => {
  if (card.token_ids !== '[]') return card;
  const tokenIds: string[] = [];
  for (const [at, shown] of shownAs.entries()) {
    const added = await machines.addToken(card.cin_ref, shown).catch((thrown: unknown) => {
      if (at > 0 && thrown instanceof MachineFault && thrown.code === TAKEN) return undefined;
      throw thrown;
    });
    if (added !== undefined) tokenIds.push(added.tokenId);
  }
  const named = { token_ids: JSON.stringify(tokenIds) };
  await db.updateTable('stand_in_card').set(named).where('cin_ref', '=', card.cin_ref).execute();
  return { ...card, ...named };
};

/** Makes a partner's token a card of the customer who stands in for the partner's, and blocks it when the partner does. */
export const takeToken =
  (db: Db, machines: Machines): TakeObject =>
  async (partner, place, token) => {
    const shownAs = shownBy(partner, token);
    if (shownAs.length === 0) return;
    const wanted = token['valid'] === true ? 'active' : 'blocked';
    const known = await findCard(db, place);
    if (known === undefined && wanted === 'blocked') return;
    const issued = known ?? (await issueCard(db, machines, place));
    const card = await nameCard(db, machines, issued, shownAs);
    if (card.state === wanted) return;
    for (const tokenId of JSON.parse(card.token_ids) as string[])
      await machines.setTokenState(tokenId, wanted);
    await db
      .updateTable('stand_in_card')
      .set({ state: wanted })
      .where('cin_ref', '=', card.cin_ref)
      .execute();
  };
