import type { Kysely } from 'kysely';
import { findFormed, keepCommand, keepCommitted, type StoredCommand } from '../batcher/commands.ts';
import { LedgerRefusal } from '../ledger/errors.ts';
import type { Committed, Ledger } from '../ledger/ledger.ts';
import { asProblem } from '../operator-api/ledger-problem.ts';
import type { GatewayDb } from '../store/schema.ts';

export interface KeptCommandsContext {
  readonly db: Kysely<GatewayDb>;
  readonly ledger: Ledger;
  readonly readUpTo: (blockNumber: bigint) => Promise<void>;
  readonly nowMs: () => number;
}

/**
 * Commands whose bodies this gateway makes with salts of its own: each is a row before it is told, because told again after
 * a crash it must be the same.
 */
export class KeptCommands {
  readonly #context: KeptCommandsContext;

  constructor(context: KeptCommandsContext) {
    this.#context = context;
  }

  /**
   * Tells what an earlier run of a queue formed and did not see to its end. That it is refused is no answer to what is asked
   * now. @returns whether there was something.
   */
  async finish(queue: string): Promise<boolean> {
    const begun = await findFormed(this.#context.db, queue);
    if (begun === undefined) return false;
    await this.#submit(begun).catch((thrown: unknown) => {
      if (!(thrown instanceof LedgerRefusal)) throw asProblem(thrown);
    });
    return true;
  }

  async tell(queue: string, stored: StoredCommand): Promise<Committed> {
    const { db, nowMs } = this.#context;
    await keepCommand(db, queue, stored, nowMs());
    return this.#submit(stored).catch((thrown: unknown) => {
      throw asProblem(thrown);
    });
  }

  async #submit({ commandId, command }: StoredCommand): Promise<Committed> {
    const { db, ledger, readUpTo } = this.#context;
    try {
      const committed = await ledger.submit(command);
      await db.transaction().execute((trx) => keepCommitted(trx, commandId, committed));
      await readUpTo(committed.blockNumber);
      return committed;
    } catch (thrown) {
      // What was refused leaves nothing behind: it is looked at anew the next time.
      if (thrown instanceof LedgerRefusal)
        await db.deleteFrom('ledger_command').where('command_id', '=', commandId).execute();
      throw thrown;
    }
  }
}
