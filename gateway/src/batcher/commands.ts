import type { Role } from '@roamgrid/wire';
import type { Kysely, Transaction } from 'kysely';
import { z } from 'zod';
import type { Committed, LedgerCommand } from '../ledger/ledger.ts';
import type { GatewayDb } from '../store/schema.ts';
import type { FormedCommand } from './form.ts';

/** A command that is a row, so that it is told with the same id until its outcome is known. */
export type StoredCommand = Pick<FormedCommand, 'commandId' | 'command'>;

const texts = z.record(z.string(), z.string());
const names = z.array(z.string()).nullable();

/** A lane's command that was formed and whose outcome is not known. */
export const findFormed = async (db: Kysely<GatewayDb>, lane: string): Promise<StoredCommand | undefined> => {
  const row = await db
    .selectFrom('ledger_command')
    .selectAll()
    .where('lane', '=', lane)
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
  };
};

/** Keeps a command with the facts that it carries. */
export const keepFormed = async (
  trx: Transaction<GatewayDb>,
  lane: string,
  { commandId, command, factIds }: FormedCommand,
  nowMs: number,
): Promise<void> => {
  await trx
    .insertInto('ledger_command')
    .values({
      command_id: commandId,
      lane,
      contract: command.contract,
      transaction_name: command.transaction,
      argument: command.argument,
      transient: JSON.stringify(command.transient ?? {}),
      endorsers: JSON.stringify(command.endorsers ?? null),
      role: command.role,
      formed_at_ms: BigInt(nowMs),
      state: 'formed',
      transaction_id: null,
      block_number: null,
      refusal_code: null,
      refusal_text: null,
    })
    .execute();
  await trx
    .updateTable('fact')
    .set({ state: 'formed', command_id: commandId })
    .where('fact_id', 'in', factIds)
    .execute();
};

/** Keeps that a command is on the ledger. @returns the sessions of its facts */
export const keepCommitted = async (
  db: Kysely<GatewayDb>,
  commandId: string,
  committed: Committed,
): Promise<readonly string[]> => {
  const sessions = await db.transaction().execute(async (trx) => {
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
    return trx
      .updateTable('fact')
      .set({ state: 'committed' })
      .where('command_id', '=', commandId)
      .returning('session_id')
      .execute();
  });
  return sessions.map(({ session_id }) => session_id);
};
