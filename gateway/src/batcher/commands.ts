import type { Role } from '@roamgrid/wire';
import type { Kysely, Transaction } from 'kysely';
import { z } from 'zod';
import type { Committed, LedgerCommand } from '../ledger/ledger.ts';
import type { GatewayDb } from '../store/schema.ts';
import type { FormedCommand } from './command.ts';
import { settleEffects, type SettleEffects } from './effects.ts';
import type { ToldFact } from './work.ts';

/** A command that is a row, so that it is told with the same id until its outcome is known. */
export interface StoredCommand {
  readonly commandId: string;
  readonly command: LedgerCommand;
  readonly effects?: SettleEffects;
}

const texts = z.record(z.string(), z.string());
const names = z.array(z.string()).nullable();

/** A queue's command that was formed and whose outcome is not known. */
export const findFormed = async (
  db: Kysely<GatewayDb>,
  queue: string,
): Promise<StoredCommand | undefined> => {
  const row = await db
    .selectFrom('ledger_command')
    .selectAll()
    .where('queue', '=', queue)
    .where('state', '=', 'formed')
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const endorsers = names.parse(row.endorsers);
  return {
    commandId: row.command_id,
    command: {
      contract: row.contract as LedgerCommand['contract'],
      transaction: row.transaction_name,
      argument: row.argument,
      transient: texts.parse(row.transient),
      ...(endorsers === null ? {} : { endorsers }),
      role: row.role as Role,
    },
    ...(row.effects === null ? {} : { effects: settleEffects.parse(row.effects) }),
  };
};

/** Keeps a command before it is told. */
export const keepCommand = async (
  db: Kysely<GatewayDb>,
  queue: string,
  { commandId, command, effects }: StoredCommand,
  nowMs: number,
): Promise<void> => {
  await db
    .insertInto('ledger_command')
    .values({
      command_id: commandId,
      queue,
      contract: command.contract,
      transaction_name: command.transaction,
      argument: command.argument,
      transient: JSON.stringify(command.transient ?? {}),
      endorsers: JSON.stringify(command.endorsers ?? null),
      role: command.role,
      effects: effects === undefined ? null : JSON.stringify(settleEffects.encode(effects)),
      formed_at_ms: BigInt(nowMs),
      state: 'formed',
      transaction_id: null,
      block_number: null,
      refusal_code: null,
      refusal_text: null,
    })
    .execute();
};

/** Keeps a command with the facts that it carries. */
export const keepFormed = async (
  trx: Transaction<GatewayDb>,
  queue: string,
  { factIds, ...stored }: FormedCommand,
  nowMs: number,
): Promise<void> => {
  await keepCommand(trx, queue, stored, nowMs);
  await trx
    .updateTable('fact')
    .set({ state: 'formed', command_id: stored.commandId })
    .where('fact_id', 'in', factIds)
    .execute();
};

/** Keeps that a command is on the ledger. @returns its facts */
export const keepCommitted = async (
  trx: Transaction<GatewayDb>,
  commandId: string,
  committed: Committed,
): Promise<readonly ToldFact[]> => {
  await trx
    .updateTable('ledger_command')
    .set({
      state: 'committed',
      transaction_id: committed.transactionId,
      block_number: committed.blockNumber,
      // Private bodies need not stay here: they are in the collection now.
      transient: '{}',
    })
    .where('command_id', '=', commandId)
    .execute();
  const rows = await trx
    .updateTable('fact')
    .set({ state: 'committed' })
    .where('command_id', '=', commandId)
    .returning(['kind', 'session_id', 'number', 'payload'])
    .execute();
  return rows.map(({ kind, session_id, number, payload }) => ({
    kind,
    sessionId: session_id,
    number,
    payload,
  }));
};

/** Lets a command go that is not on the ledger, or that others will show to be: its facts wait again. */
export const withdraw = async (trx: Transaction<GatewayDb>, commandId: string): Promise<void> => {
  await trx
    .updateTable('ledger_command')
    .set({ state: 'withdrawn', transient: '{}' })
    .where('command_id', '=', commandId)
    .where('state', '=', 'formed')
    .execute();
  await trx
    .updateTable('fact')
    .set({ state: 'pending', command_id: null })
    .where('command_id', '=', commandId)
    .where('state', '=', 'formed')
    .execute();
};
