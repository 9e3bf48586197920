import type { DriverToken } from '@roamgrid/wire';
import { aaaError } from '../problems.ts';
import type { Db } from '../store/database.ts';
import { newId } from '../store/ids.ts';
import { isTaken } from '../store/taken.ts';
import { contractCard, isFollowed } from './contract.ts';
import type { TokenKey } from './key.ts';
import type { DriverTokenTable } from './tables.ts';

/** A token as the operator sees it: what it reads like is nowhere. */
export interface RegisteredToken {
  readonly tokenId: string;
  readonly type: DriverToken['type'];
  readonly label?: string;
  readonly state: DriverTokenTable['state'];
  readonly registeredAtMs: number;
}

const shown = (
  row: Omit<DriverTokenTable, 'token_key' | 'cin_ref' | 'asks_partner' | 'state_at_ms'>,
): RegisteredToken => ({
  tokenId: row.token_id,
  type: row.type,
  ...(row.label !== null && { label: row.label }),
  state: row.state,
  registeredAtMs: row.registered_at_ms,
});

const COLUMNS = ['token_id', 'type', 'label', 'state', 'registered_at_ms'] as const;

/** Tokens of a card. */
export const tokensOf = async (db: Db, cinRef: string): Promise<readonly RegisteredToken[]> => {
  const rows = await db
    .selectFrom('driver_token')
    .select(COLUMNS)
    .where('cin_ref', '=', cinRef)
    .orderBy('registered_at_ms')
    .orderBy('token_id')
    .execute();
  return rows.map(shown);
};

export interface NewToken {
  readonly cinRef: string;
  readonly token: DriverToken;
  readonly label?: string;
  readonly asksPartner?: boolean;
}

/**
 * A contract outlives its card: where the card that has it is of no use any more, or the contract was blocked there, another card of
 * the same customer's takes it over, under the id that it has.
 */
const takeOver = (
  db: Db,
  row: Omit<DriverTokenTable, 'token_id' | 'registered_at_ms'>,
): Promise<RegisteredToken | undefined> =>
  db.transaction().execute(async (trx) => {
    const known = await trx
      .selectFrom('driver_token')
      .innerJoin('cin', 'cin.cin_ref', 'driver_token.cin_ref')
      .select(['token_id', 'driver_token.state', 'cin.state as cinState', 'cin.customer_id as customerId'])
      .where('token_key', '=', row.token_key)
      .forUpdate()
      .executeTakeFirst();
    const next = await trx
      .selectFrom('cin')
      .select('customer_id')
      .where('cin_ref', '=', row.cin_ref)
      .executeTakeFirstOrThrow();
    if (known?.customerId !== next.customer_id) return undefined;
    if (known.state === 'active' && !isFollowed(known, next)) return undefined;
    const moved = await trx
      .updateTable('driver_token')
      .set(row)
      .where('token_id', '=', known.token_id)
      .returning(COLUMNS)
      .executeTakeFirstOrThrow();
    return shown(moved);
  });

/** Registers a token with a card; the same again changes nothing. @throws ServiceError CIN_NOT_FOUND, TOKEN_TAKEN */
export const addToken = async (
  db: Db,
  { keyOf, utilityId }: { readonly keyOf: TokenKey; readonly utilityId: string },
  { cinRef, token, label, asksPartner = false }: NewToken,
  nowMs: number,
): Promise<RegisteredToken> => {
  const row = {
    token_id: newId('token'),
    token_key: keyOf(token),
    type: token.type,
    cin_ref: cinRef,
    label: label ?? null,
    state: 'active' as const,
    asks_partner: asksPartner,
    registered_at_ms: nowMs,
    state_at_ms: nowMs,
  };
  const found = await db
    .selectFrom('cin')
    .select('customer_id')
    .where('cin_ref', '=', cinRef)
    .executeTakeFirst();
  if (found === undefined) throw aaaError('CIN_NOT_FOUND', 'no card has this reference');
  const card = await contractCard(db, utilityId, token);
  if (card !== undefined && card.cinRef !== cinRef && !isFollowed(card, found))
    throw aaaError('TOKEN_TAKEN', 'the contract id is the CIN of another card: show that card');
  try {
    await db.insertInto('driver_token').values(row).execute();
    return shown(row);
  } catch (thrown) {
    if (!isTaken(thrown)) throw thrown;
    const known = await db
      .selectFrom('driver_token')
      .select([...COLUMNS, 'cin_ref'])
      .where('token_key', '=', row.token_key)
      .executeTakeFirst();
    if (known?.cin_ref === cinRef) return shown(known);
    const { token_id: _id, registered_at_ms: _at, ...changes } = row;
    const taken = row.type === 'emaid' ? await takeOver(db, changes) : undefined;
    if (taken === undefined)
      throw aaaError('TOKEN_TAKEN', 'another card has this token: remove it there first', { cause: thrown });
    return taken;
  }
};

const unknown = () => aaaError('TOKEN_NOT_FOUND', 'no token has this id');

/** Blocks or unblocks a token; the card itself, and its other tokens, stay as they are. */
export const setTokenState = async (
  db: Db,
  tokenId: string,
  state: DriverTokenTable['state'],
  nowMs: number,
): Promise<void> => {
  const { numUpdatedRows } = await db
    .updateTable('driver_token')
    .set({ state, state_at_ms: nowMs })
    .where('token_id', '=', tokenId)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) throw unknown();
};

export const removeToken = async (db: Db, tokenId: string): Promise<void> => {
  const { numDeletedRows } = await db
    .deleteFrom('driver_token')
    .where('token_id', '=', tokenId)
    .executeTakeFirstOrThrow();
  if (numDeletedRows === 0n) throw unknown();
};
