import { CHECKPOINT_TYPE, hashTree, signJws, type HashTree, type SignedChainState } from '@roamgrid/wire';
import type { Kysely } from 'kysely';
import type { PrivateJwk } from '../../config.ts';
import { gatewayError } from '../../problems.ts';
import type { GatewayDb } from '../../store/schema.ts';

/** The tree over a chain's blocks, and the hash of the last one's header. */
export interface ChainTree {
  readonly blocks: number;
  readonly hash: string;
  readonly tree: HashTree;
}

/** Trees over the first blocks of the chain, as this gateway read them. The last one asked for is kept. */
export class ChainTrees {
  readonly #db: Kysely<GatewayDb>;
  #last: ChainTree | undefined;

  constructor(db: Kysely<GatewayDb>) {
    this.#db = db;
  }

  /** @throws ServiceError RECORD_NOT_FOUND when there are not so many blocks here */
  async over(blocks: number): Promise<ChainTree> {
    if (this.#last?.blocks === blocks) return this.#last;
    const rows = await this.#db
      .selectFrom('block')
      .select(['hash', 'entry'])
      .where('number', '<', BigInt(blocks))
      .orderBy('number')
      .execute();
    const last = rows.at(-1);
    if (last === undefined || rows.length < blocks)
      throw gatewayError('RECORD_NOT_FOUND', `this gateway has read ${rows.length} blocks, not ${blocks}`);
    this.#last = { blocks, hash: last.hash, tree: hashTree(rows.map(({ entry }) => entry)) };
    return this.#last;
  }

  async height(): Promise<number> {
    const row = await this.#db
      .selectFrom('block')
      .select(({ fn }) => fn.countAll<string>().as('count'))
      .executeTakeFirstOrThrow();
    return Number(row.count);
  }
}

/** Who vouches: the utility, with the key under which the ledger's registry knows it. */
export interface CheckpointSigner {
  readonly utilityId: string;
  readonly key: PrivateJwk;
}

/** What this utility says the chain is after so many blocks. */
export const signState = async (
  channel: string,
  { blocks, hash, tree: { root } }: ChainTree,
  { utilityId: iss, key }: CheckpointSigner,
  signedAtMs: number,
): Promise<SignedChainState> => {
  const { d: _secret, ...publicHalf } = key;
  const state = { channel, blocks, hash, root };
  const jws = await signJws({ ...state, iss, signedAtMs }, key, key.kid, CHECKPOINT_TYPE);
  const signature = jws.slice(jws.lastIndexOf('.') + 1);
  return { ...state, signature: { iss, key: publicHalf, signedAtMs, signature } };
};
