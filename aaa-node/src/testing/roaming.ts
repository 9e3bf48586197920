import type { Store } from '@roamgrid/service-kit';
import { activateRules } from '@roamgrid/service-kit/testing';
import type { AaaDatabase } from '../store/schema.ts';
import { startVisited, type Visited } from './visited.ts';
import { startWorld, storeOf, type World } from './world.ts';

/** A node with rules in force, and the visited utility with its token for the roaming API. */
export interface Roaming {
  readonly world: World;
  readonly visited: Visited;
  readonly token: string;
  readonly store: Store<AaaDatabase>;
  /** What was posted to an account of the books. */
  sumOf(account: string): Promise<bigint>;
  /** What stands on a customer's account, micros. */
  balanceOf(customer: { readonly accountId: string }): Promise<bigint>;
  close(): Promise<void>;
}

export const startRoaming = async (): Promise<Roaming> => {
  const world = await startWorld();
  await activateRules(world.ask);
  return roamingAt(world, await storeOf(world));
};

/** The same at a node that runs, with rules in force. @param store closed with the node */
export const roamingAt = async (world: World, store: Store<AaaDatabase>): Promise<Roaming> => {
  const visited = await startVisited(world);
  const token = await visited.roamingToken();
  return {
    world,
    visited,
    token,
    store,
    async sumOf(account) {
      const rows = await store.db
        .selectFrom('posting')
        .select('micros')
        .where('ledger_account', '=', account)
        .execute();
      return rows.reduce((sum, { micros }) => sum + micros, 0n);
    },
    async balanceOf({ accountId }) {
      const account = await store.db
        .selectFrom('account')
        .select('balance_micros')
        .where('account_id', '=', accountId)
        .executeTakeFirstOrThrow();
      return account.balance_micros;
    },
    async close() {
      await store.close();
      await world.close();
    },
  };
};
