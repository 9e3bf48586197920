import { createHash } from 'node:crypto';
import { canonicalJson, type JsonValue } from '@roamgrid/wire';
import type { Kysely } from 'kysely';
import { commandAnswer, type CommandAnswer } from './answer.ts';
import type { StationCommand } from './command.ts';
import type { CommandDatabase } from './tables.ts';

export interface NamedCommand {
  readonly stationId: string;
  readonly commandId: string;
  readonly operator: string;
  readonly command: StationCommand;
}

const keyOf = ({ stationId, commandId }: NamedCommand): string => `${stationId} ${commandId}`;
const hashOf = ({ command }: NamedCommand): string =>
  createHash('sha256')
    .update(canonicalJson(JSON.parse(JSON.stringify(command)) as JsonValue))
    .digest('base64url');

/** Asks a station once for each id: told again, a command gets its first answer, also after a restart. */
export const createOnce = (db: Kysely<CommandDatabase>, nowMs: () => number) => {
  const running = new Map<string, Promise<CommandAnswer>>();

  const first = async (named: NamedCommand): Promise<boolean> => {
    const written = await db
      .insertInto('station_command')
      .values({
        station_id: named.stationId,
        command_id: named.commandId,
        command_hash: hashOf(named),
        operator: named.operator,
        asked_at_ms: nowMs(),
        answer: null,
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning('command_id')
      .executeTakeFirst();
    return written !== undefined;
  };

  const at = (named: NamedCommand) =>
    db
      .selectFrom('station_command')
      .selectAll()
      .where('station_id', '=', named.stationId)
      .where('command_id', '=', named.commandId);

  const write = async (named: NamedCommand, run: () => Promise<CommandAnswer>): Promise<CommandAnswer> => {
    // Another process of this utility asks, or asked.
    if (!(await first(named))) return { outcome: 'unknown' };
    const answer = await run();
    await db
      .updateTable('station_command')
      .set({ answer: JSON.stringify(answer) })
      .where('station_id', '=', named.stationId)
      .where('command_id', '=', named.commandId)
      .execute();
    return answer;
  };

  /** What the first of this id was answered; undefined when there was none. */
  const kept = async (named: NamedCommand): Promise<CommandAnswer | 'conflict' | undefined> => {
    const row = await at(named).executeTakeFirst();
    if (row === undefined) return undefined;
    if (row.command_hash !== hashOf(named)) return 'conflict';
    if (row.answer !== null) return commandAnswer.parse(row.answer);
    const asking = running.get(keyOf(named));
    if (asking !== undefined) return asking;
    // It was answered since the row was read, or, when not, nobody knows whether the station did what was asked
    // just before the service ended.
    const now = await at(named).executeTakeFirst();
    return now === undefined || now.answer === null
      ? { outcome: 'unknown' }
      : commandAnswer.parse(now.answer);
  };

  return {
    kept,
    ask: async (
      named: NamedCommand,
      run: () => Promise<CommandAnswer>,
    ): Promise<CommandAnswer | 'conflict'> => {
      const key = keyOf(named);
      // Two that come at once: the one that is written asks, the other waits for its answer.
      const asking = running.get(key) ?? write(named, run).finally(() => running.delete(key));
      running.set(key, asking);
      const answer = await asking;
      return (await kept(named)) ?? answer;
    },
  };
};
export type Once = ReturnType<typeof createOnce>;
