import { laneParts, type LedgerErrorCode } from '@roamgrid/wire';
import { sql, type Transaction } from 'kysely';
import type { GatewayDb } from '../store/schema.ts';
import {
  acceptClaims,
  formClaim,
  keepClaimed,
  mayBeSettled,
  nextClaimMs,
  type ClaimAfter,
} from './claims.ts';
import {
  dealingOf,
  newCommandId,
  NOTHING,
  sessionCommand,
  type Formed,
  type FormedCommand,
} from './command.ts';
import type { StoredCommand } from './commands.ts';
import { applyEffects } from './effects.ts';
import { nextDeferredMs, parkOrphans, type WaitingFact } from './facts.ts';
import { formSettle } from './form-settle.ts';
import { numberedFacts } from './numbered.ts';
import type { Recovery } from './recovery.ts';
import { settleCandidates, settleTurn, type SettleSearch } from './settle-facts.ts';
import type { ToldFact, Waiting, Work, WorkContext } from './work.ts';

export interface EndContext extends WorkContext {
  readonly recovery: Recovery;
  /** Time of proposals, which the contracts judge bounds by. */
  readonly ledgerNowMs: () => number;
  /** After which share of an agreement's bound an end is claimed, parts per million. */
  readonly claimAfterPpm: number;
  readonly waitMs: number;
}

const PPM = 1_000_000;
/** How often it is looked for ends that are to be claimed. */
const CLAIM_CHECK_MS = 1_000;
/** A lane whose home utility's peer does not endorse is left alone so long, doubled each time. */
const AWAY_MS = 500;
const MAX_AWAY_MS = 60_000;

const laneIn = (argument: string): string => (JSON.parse(argument) as { laneId: string }).laneId;

/**
 * Ends of the sessions of one group of stations: settled, voided or claimed, one command in flight over all pairs,
 * because the meters' book is one key. While a home utility's peer is away, the sessions of other pairs go on.
 */
export class EndWork implements Work {
  /** Others of the group wait meanwhile: enough for an endorser that is a block behind, not for one that is away. */
  readonly limits = { endorsements: 4 };
  readonly #context: EndContext;
  readonly #queue: string;
  readonly #lanes = new Set<string>();
  readonly #away = new Map<string, { readonly untilMs: number; readonly failures: number }>();
  #claimsCheckedMs = 0;

  constructor(context: EndContext, queue: string) {
    this.#context = context;
    this.#queue = queue;
  }

  /** Facts of a lane wait here. */
  addLane(laneId: string): void {
    this.#lanes.add(laneId);
  }

  #usableLanes(): string[] {
    const nowMs = this.#context.nowMs();
    return [...this.#lanes].filter((laneId) => (this.#away.get(laneId)?.untilMs ?? 0) <= nowMs);
  }

  #search(): SettleSearch {
    return { queue: this.#queue, lanes: this.#usableLanes(), nowMs: this.#context.nowMs() };
  }

  async peek(size: number): Promise<Waiting | undefined> {
    const { db, nowMs } = this.#context;
    await parkOrphans(db, this.#queue);
    await this.#acceptClaims(size);
    return db.transaction().execute(async (trx) => {
      const single = (await this.#claimFacts(trx, size)) ?? (await this.#voidFact(trx));
      if (single !== undefined) return { acceptedAtMs: nowMs(), count: size, waitMs: 0 };
      const search = this.#search();
      const turn = await settleTurn(trx, search);
      if (turn === undefined) return undefined;
      const { length: count } = await settleCandidates(trx, search, turn, size);
      return count === 0
        ? undefined
        : { acceptedAtMs: turn.acceptedAtMs, count, waitMs: this.#context.waitMs };
    });
  }

  async form(trx: Transaction<GatewayDb>, size: number): Promise<Formed> {
    const claims = await this.#claimFacts(trx, size);
    if (claims !== undefined) {
      return { formed: formClaim(claims.laneId, claims.agreementId, claims.facts), unfit: [] };
    }
    const single = await this.#voidFact(trx);
    if (single !== undefined) return { formed: this.#formVoid(single), unfit: [] };
    const search = this.#search();
    const turn = await settleTurn(trx, search);
    if (turn === undefined) return NOTHING;
    const candidates = await settleCandidates(trx, search, turn, size);
    const next = await this.#nextSequence(trx, turn.laneId);
    return formSettle(trx, this.#context, turn, candidates, next);
  }

  async #claimFacts(trx: Transaction<GatewayDb>, limit: number) {
    for (const laneId of this.#lanes) {
      const found = await numberedFacts(trx, {
        kind: 'claim',
        queue: this.#queue,
        laneId,
        limit,
        nowMs: this.#context.nowMs(),
      });
      if (found !== undefined) return { laneId, ...found };
    }
    return undefined;
  }

  async #voidFact(trx: Transaction<GatewayDb>) {
    for (const laneId of this.#usableLanes()) {
      const found = await numberedFacts(trx, {
        kind: 'void',
        queue: this.#queue,
        laneId,
        limit: 1,
        nowMs: this.#context.nowMs(),
        areOpened: true,
      });
      const fact = found?.facts[0];
      if (found !== undefined && fact !== undefined) return { laneId, agreementId: found.agreementId, fact };
    }
    return undefined;
  }

  #formVoid({
    laneId,
    agreementId,
    fact,
  }: {
    readonly laneId: string;
    readonly agreementId: string;
    readonly fact: WaitingFact<'void'>;
  }): FormedCommand {
    const { vun, hun } = laneParts(laneId);
    const { endorsers } = dealingOf(this.#context, { vun, hun, agreementId });
    const commandId = newCommandId('void');
    const { reason } = fact.payload;
    return {
      commandId,
      factIds: [fact.factId],
      command: sessionCommand({
        verb: 'void',
        commandId,
        argument: { vun, hun, agreementId, laneId, number: fact.number, reason },
        endorsers,
      }),
    };
  }

  async #nextSequence(trx: Transaction<GatewayDb>, laneId: string): Promise<number> {
    // A database that was lost and read anew from the ledger goes on after the highest number there.
    await sql`insert into lane_sequence (lane_id, next_sequence)
      select ${laneId}, coalesce(max(to_sequence), 0) + 1 from batch where lane_id = ${laneId}
      on conflict (lane_id) do nothing`.execute(trx);
    const row = await trx
      .selectFrom('lane_sequence')
      .select('next_sequence')
      .where('lane_id', '=', laneId)
      .executeTakeFirstOrThrow();
    return row.next_sequence;
  }

  async committed(
    trx: Transaction<GatewayDb>,
    stored: StoredCommand,
    facts: readonly ToldFact[],
  ): Promise<void> {
    this.#away.delete(laneIn(stored.command.argument));
    if (stored.effects !== undefined) await applyEffects(trx, stored.commandId, stored.effects);
    if (stored.command.transaction === 'claim') await keepClaimed(trx, stored, facts);
  }

  unavailable({ command }: StoredCommand): boolean {
    if (command.transaction === 'claim') return false;
    const laneId = laneIn(command.argument);
    const failures = (this.#away.get(laneId)?.failures ?? 0) + 1;
    const waitMs = Math.min(MAX_AWAY_MS, AWAY_MS * 2 ** Math.min(failures, 10));
    this.#away.set(laneId, { failures, untilMs: this.#context.nowMs() + waitMs });
    return true;
  }

  async refresh(code: LedgerErrorCode, isLast: boolean): Promise<boolean> {
    if (code !== 'HASH_MISMATCH' && code !== 'WRONG_STATE') return false;
    const { recovery } = this.#context;
    if (await recovery.catchUp()) return true;
    return code === 'HASH_MISMATCH' && isLast && recovery.rebuild();
  }

  /** Which ends of which lanes are claimed when. */
  async #claimAfters(): Promise<readonly ClaimAfter[]> {
    const { db, registry, claimAfterPpm } = this.#context;
    const rows = await db
      .selectFrom('fact')
      .select(['lane_id', 'agreement_id'])
      .distinct()
      .where('queue', '=', this.#queue)
      .where('kind', '=', 'settle')
      .where(mayBeSettled)
      .execute();
    return rows.flatMap(({ lane_id, agreement_id }) => {
      const agreement = registry.agreement(agreement_id);
      const terms = agreement && registry.terms(agreement_id, agreement.version);
      if (terms === undefined) return [];
      const afterMs = Math.floor((terms.terms.cdrBoundMs * claimAfterPpm) / PPM);
      return [{ laneId: lane_id, agreementId: agreement_id, afterMs }];
    });
  }

  async #acceptClaims(limit: number): Promise<void> {
    const { db, nowMs, ledgerNowMs } = this.#context;
    if (nowMs() < this.#claimsCheckedMs + CLAIM_CHECK_MS) return;
    this.#claimsCheckedMs = nowMs();
    for (const after of await this.#claimAfters()) {
      await db
        .transaction()
        .execute((trx) => acceptClaims(trx, this.#queue, after, ledgerNowMs(), nowMs(), limit));
    }
  }

  async nextDueMs(): Promise<number | undefined> {
    const { db, nowMs, ledgerNowMs } = this.#context;
    const deferred = await nextDeferredMs(db, this.#queue);
    const backMs = [...this.#away.values()]
      .map(({ untilMs }) => untilMs)
      .filter((untilMs) => untilMs > nowMs());
    const claims: number[] = [];
    for (const after of await this.#claimAfters()) {
      const dueMs = await nextClaimMs(db, this.#queue, after);
      if (dueMs !== undefined) {
        claims.push(Math.max(this.#claimsCheckedMs + CLAIM_CHECK_MS, nowMs() + dueMs - ledgerNowMs()));
      }
    }
    const all = [...(deferred === undefined ? [] : [deferred]), ...backMs, ...claims];
    return all.length === 0 ? undefined : Math.min(...all);
  }
}
