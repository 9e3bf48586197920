import { setTimeout as sleep } from 'node:timers/promises';
import {
  energyOfGain,
  meterReading,
  swipeAnswer,
  interimReport,
  interimAnswer,
  cdr as cdrSchema,
} from '@roamgrid/wire';
import { z } from 'zod';
import type { StationContext } from './context.ts';
import type { Relayed } from './router-client.ts';

const PAGE = 50;
const PAUSE_MS = 1_000;

const startMeter = z.object({ start: meterReading });

/**
 * Tells the router again what it did not take: consents, reports and final records, oldest first. What the other side
 * refuses for good is not told again; it is in the log.
 */
export class Relayer {
  readonly #context: StationContext;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(context: StationContext) {
    this.#context = context;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        await this.#consents();
        await this.#reports();
        await this.#finals();
      } catch (thrown) {
        this.#context.logger.warn({ err: thrown }, 'relaying goes on later');
      }
      await sleep(PAUSE_MS, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  /** True when the row needs no more telling. */
  #settled(relayed: Relayed<unknown>, sessionId: string, what: string): boolean {
    if (relayed.kind === 'refused') {
      const { code, detail } = relayed;
      this.#context.logger.error({ sessionId, what, code, detail }, 'the router refuses a relay');
    }
    return relayed.kind !== 'later';
  }

  async #consents(): Promise<void> {
    const { db, router } = this.#context;
    const rows = await db
      .selectFrom('charge')
      .innerJoin('swipe', 'swipe.swipe_id', 'charge.swipe_id')
      .select(['charge.session_id', 'open_body', 'answer'])
      .where('charge.state', 'in', ['charging', 'ending', 'stopped'])
      .where('consent_relayed', '=', false)
      .orderBy('started_at_ms')
      .limit(PAGE)
      .execute();
    for (const row of rows) {
      const offer = swipeAnswer.parse(row.answer);
      if (offer.outcome !== 'offer') continue;
      const { quoteHash, signedQuote } = offer;
      const relayed = await router.consent(row.session_id, {
        sessionId: row.session_id,
        quoteHash,
        signedQuote,
        openBody: row.open_body,
      });
      if (!this.#settled(relayed, row.session_id, 'consent')) return;
      // A home utility that says no after all ends the session at its next report.
      await db
        .updateTable('charge')
        .set({ consent_relayed: true, ...(relayed.kind === 'refused' ? { revoked: true } : {}) })
        .where('session_id', '=', row.session_id)
        .execute();
      if (relayed.kind === 'refused') this.#context.onRevoked(row.session_id);
    }
  }

  async #reports(): Promise<void> {
    const { db, router } = this.#context;
    const rows = await db
      .selectFrom('report')
      .innerJoin('charge', 'charge.session_id', 'report.session_id')
      .select(['report.session_id', 'sequence', 'report', 'report.answer', 'start_request'])
      .where('relayed', '=', false)
      .where('consent_relayed', '=', true)
      .orderBy('report.session_id')
      .orderBy('sequence')
      .limit(PAGE)
      .execute();
    for (const row of rows) {
      const { readings, powerW } = interimReport.parse(row.report);
      const { runningMicros } = interimAnswer.parse(row.answer);
      const { start } = startMeter.parse(row.start_request);
      const last = readings.at(-1);
      if (last === undefined) continue;
      const relayed = await router.report(row.session_id, {
        sequence: row.sequence,
        atMs: last.atMs,
        energyWh: energyOfGain(last.registerMilliWh - start.registerMilliWh),
        powerW,
        runningMicros,
      });
      if (!this.#settled(relayed, row.session_id, 'report')) return;
      if (relayed.kind === 'taken' && relayed.value.command === 'stop') {
        await db
          .updateTable('charge')
          .set({ revoked: true })
          .where('session_id', '=', row.session_id)
          .execute();
        this.#context.onRevoked(row.session_id);
      }
      await db
        .updateTable('report')
        .set({ relayed: true })
        .where('session_id', '=', row.session_id)
        .where('sequence', '=', row.sequence)
        .execute();
    }
  }

  /** The final record carries the lane's number, so it is told once it stands on the ledger. */
  async #finals(): Promise<void> {
    const { db, router } = this.#context;
    const rows = await db
      .selectFrom('charge')
      .innerJoin('cdr', 'cdr.session_id', 'charge.session_id')
      .select(['charge.session_id', 'cdr.cdr'])
      .where('charge.state', '=', 'stopped')
      .where('final_relayed', '=', false)
      .where('consent_relayed', '=', true)
      .limit(PAGE)
      .execute();
    for (const row of rows) {
      const relayed = await router.final(row.session_id, { cdr: cdrSchema.parse(row.cdr) });
      if (!this.#settled(relayed, row.session_id, 'final record')) return;
      await db
        .updateTable('charge')
        .set({ final_relayed: true })
        .where('session_id', '=', row.session_id)
        .execute();
    }
  }
}
