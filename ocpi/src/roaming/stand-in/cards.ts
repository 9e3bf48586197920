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

/** One spelling of a contract's id, with its check character where it has one by rule. */
const contractKey = (contract: string): string => {
  const read = readContractId(contract);
  return read.ok ? read.value.cin : contract.toUpperCase().replace(/[\s*-]/g, '');
};

interface Shown {
  readonly card: DriverToken;
  /** A car shows the contract, whatever card its driver has. */
  readonly contract: DriverToken | undefined;
}

/**
 * By what a partner's customer is known at a station. A contract of another party is not the partner's to name: its
 * driver would be asked of the partner, and charge as the partner's. Spec: OCPI 2.2.1 and 2.3.0 mod_tokens TokenType.
 */
const shownBy = ({ parties }: Partner, token: JsonTree): Shown | undefined => {
  const [uid, contract] = [text(token, 'uid'), text(token, 'contract_id')];
  const type = text(token, 'type');
  const isTheirs = (id: string): boolean => parties.includes(giverOf(id));
  if (type === 'EMAID')
    return isTheirs(uid) ? { card: { type: 'emaid', value: uid }, contract: undefined } : undefined;
  return {
    card: { type: type === 'RFID' ? 'rfid' : 'app', value: uid },
    contract: EMAID.test(contract) && isTheirs(contract) ? { type: 'emaid', value: contract } : undefined,
  };
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
    contract: null,
    contract_token_id: null,
  };
  await db.insertInto('stand_in_card').values(row).execute();
  return row;
};

type Changes = Partial<Pick<StandInCardTable, 'token_ids' | 'state' | 'contract' | 'contract_token_id'>>;

const change = async (db: Db, card: StandInCardTable, changes: Changes): Promise<StandInCardTable> => {
  await db.updateTable('stand_in_card').set(changes).where('cin_ref', '=', card.cin_ref).execute();
  return { ...card, ...changes };
};

const ownIds = (card: StandInCardTable): readonly string[] => JSON.parse(card.token_ids) as string[];

/** Makes the card known by its chip or number. */
const nameCard = async (
  db: Db,
  machines: Machines,
  card: StandInCardTable,
  shown: DriverToken,
): Promise<StandInCardTable> => {
  if (card.token_ids !== '[]') return card;
  const { tokenId } = await machines.addToken(card.cin_ref, shown);
  return change(db, card, { token_ids: JSON.stringify([tokenId]) });
};

/** Lets the card stand for its contract, where no other card that is good does; it is no longer the one's that had it before. */
const takeContract = async (
  db: Db,
  machines: Machines,
  card: StandInCardTable,
  contract: string,
): Promise<boolean> => {
  const added = await machines
    .addToken(card.cin_ref, { type: 'emaid', value: contract })
    .catch((thrown: unknown) => {
      if (thrown instanceof MachineFault && thrown.code === TAKEN) return undefined;
      throw thrown;
    });
  if (added === undefined) return false;
  const { tokenId } = added;
  const others = await db
    .selectFrom('stand_in_card')
    .selectAll()
    .where('partner_id', '=', card.partner_id)
    .where('cin_ref', '<>', card.cin_ref)
    .where((eb) => eb.or([eb('contract_token_id', '=', tokenId), eb('token_ids', 'like', `%"${tokenId}"%`)]))
    .execute();
  for (const other of others) {
    const left = JSON.stringify(ownIds(other).filter((id) => id !== tokenId));
    await change(db, other, { token_ids: left, contract_token_id: null });
  }
  await change(db, card, { contract_token_id: tokenId });
  return true;
};

/** The contract outlives its card: another that is good and of the same contract stands for it from now on. */
const handOn = async (
  db: Db,
  machines: Machines,
  { partner_id, owner, cin_ref }: StandInCardTable,
  contract: string,
) => {
  const heirs = await db
    .selectFrom('stand_in_card')
    .selectAll()
    .where('partner_id', '=', partner_id)
    .where('owner', '=', owner)
    .where('contract', '=', contract)
    .where('state', '=', 'active')
    .where('cin_ref', '<>', cin_ref)
    .orderBy('cin_ref')
    .execute();
  for (const heir of heirs) if (await takeContract(db, machines, heir, contract)) return;
};

/** Makes a partner's token a card of the customer who stands in for the partner's, and blocks it when the partner does. */
export const takeToken =
  (db: Db, machines: Machines): TakeObject =>
  async (partner, place, token) => {
    const shown = shownBy(partner, token);
    if (shown === undefined) return;
    const wanted = token['valid'] === true ? 'active' : 'blocked';
    const known = await findCard(db, place);
    if (known === undefined && wanted === 'blocked') return;
    let card = await nameCard(db, machines, known ?? (await issueCard(db, machines, place)), shown.card);
    const spelled = shown.contract?.value;
    const contract = spelled === undefined ? null : contractKey(spelled);
    const { contract: before, contract_token_id: beforeId } = card;
    if (before !== contract) {
      if (beforeId !== null) await machines.removeToken(beforeId);
      card = await change(db, card, { contract, contract_token_id: null });
      if (before !== null) await handOn(db, machines, card, before);
    }
    if (card.state !== wanted) {
      const ids = new Set([
        ...ownIds(card),
        ...(card.contract_token_id === null ? [] : [card.contract_token_id]),
      ]);
      for (const tokenId of ids) await machines.setTokenState(tokenId, wanted);
      card = await change(db, card, { state: wanted });
    }
    if (spelled === undefined || contract === null) return;
    if (wanted === 'blocked') await handOn(db, machines, card, contract);
    else if (card.contract_token_id === null) await takeContract(db, machines, card, spelled);
  };
