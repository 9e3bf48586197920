import { setTimeout as sleep } from 'node:timers/promises';
import { energyOfGain, interimReport, parseOpened, startRequest, type AgreementTerms } from '@roamgrid/wire';
import { dropEnd, givenUp, type RefusedEnd } from '../batcher/parking.ts';
import type { Charges } from './charges.ts';
import type { StationContext } from './context.ts';
import { keepUnbilled, type Unbilled } from './unbilled.ts';

/** Sessions read at a time. */
const PAGE = 200;

/** A session that has not ended, as its rows say. */
interface Running {
  readonly sessionId: string;
  readonly agreementId: string;
  readonly state: 'starting' | 'charging' | 'ending';
  readonly evseId: string;
  readonly openedAtMs: number;
  readonly plannedMs: number;
  /** Last reading that the station told of. */
  readonly heardAtMs: number;
  readonly gainMilliWh: bigint;
}

/**
 * Ends what no station will end. A station that is silent for longer than stated loses its outlet to the next driver, and
 * its end is taken as long as the ledger would still settle it; then the number is voided. So is the number of an end that
 * the ledger refused for as long. Nothing is given away unseen: each stands among the unbilled sessions.
 */
export class Reaper {
  readonly #context: StationContext;
  readonly #charges: Charges;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(context: StationContext, charges: Charges) {
    this.#context = context;
    this.#charges = charges;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { settings, batcher } = this.#context;
    while (!this.#stop.signal.aborted) {
      await this.#apart(() => this.#silent());
      await this.#apart(() => this.#refused());
      await this.#apart(() => batcher.retellDue());
      await sleep(settings.reapEveryMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  /** What fails is looked at again in the next round, and holds nothing else up. */
  async #apart(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      this.#context.logger.warn({ err: thrown }, 'sessions that nobody ends are looked at again later');
    }
  }

  #terms(agreementId: string): AgreementTerms | undefined {
    const { registry } = this.#context;
    const agreement = registry.agreement(agreementId);
    return agreement && registry.terms(agreementId, agreement.version)?.terms;
  }

  async #unended(after: string): Promise<readonly Running[]> {
    const { db, nowMs, settings } = this.#context;
    const rows = await db
      .selectFrom('charge')
      .leftJoin('report', (join) =>
        join.onRef('report.session_id', '=', 'charge.session_id').on('report.sequence', '=', (eb) =>
          eb
            .selectFrom('report as later')
            .select((one) => one.fn.max('later.sequence').as('last'))
            .whereRef('later.session_id', '=', 'charge.session_id'),
        ),
      )
      .select([
        'charge.session_id',
        'agreement_id',
        'charge.state',
        'evse_id',
        'open_body',
        'start_request',
        'report.report',
      ])
      .where('charge.state', 'in', ['starting', 'charging', 'ending'])
      .where('started_at_ms', '<', BigInt(nowMs() - settings.silentAfterMs))
      .where('charge.session_id', '>', after)
      .orderBy('charge.session_id')
      .limit(PAGE)
      .execute();
    return rows.map((row) => {
      const { openedAtMs, quote } = parseOpened(row.open_body).open;
      const { start } = startRequest.parse(row.start_request);
      const last = row.report === null ? start : (interimReport.parse(row.report).readings.at(-1) ?? start);
      return {
        sessionId: row.session_id,
        agreementId: row.agreement_id,
        state: row.state as Running['state'],
        evseId: row.evse_id,
        openedAtMs,
        plannedMs: quote.plannedMs,
        heardAtMs: last.atMs,
        gainMilliWh: last.registerMilliWh - start.registerMilliWh,
      };
    });
  }

  async #silent(): Promise<void> {
    for (let after: string | undefined = ''; after !== undefined;) {
      const page: readonly Running[] = await this.#unended(after);
      for (const session of page) await this.#apart(() => this.#reap(session));
      after = page.length < PAGE ? undefined : page.at(-1)?.sessionId;
    }
  }

  async #reap(session: Running): Promise<void> {
    const { nowMs, settings } = this.#context;
    const { openedAtMs, plannedMs, heardAtMs, state, agreementId } = session;
    const overMs = Math.max(heardAtMs, openedAtMs + plannedMs);
    if (nowMs() <= overMs + settings.silentAfterMs) return;
    const terms = this.#terms(agreementId);
    const isOver = terms !== undefined && nowMs() > overMs + terms.cdrBoundMs;
    // Home was never told, and no energy flowed: nothing was opened that could be billed.
    if (state === 'starting') await this.#forget(session);
    else if (isOver) await this.#giveUp(session);
    else if (state === 'charging') await this.#freeOutlet(session);
  }

  #release({ sessionId, evseId }: Running): void {
    const { outlets, batcher } = this.#context;
    outlets.free(evseId, sessionId);
    batcher.forget(sessionId);
    this.#charges.release(sessionId);
  }

  async #forget(session: Running): Promise<void> {
    const refusal = { code: 'SESSION_ENDED', detail: 'the start was given up: its station fell silent' };
    await this.#context.db
      .updateTable('charge')
      .set({ state: 'refused', refusal: JSON.stringify(refusal) })
      .where('session_id', '=', session.sessionId)
      .where('state', '=', 'starting')
      .execute();
    this.#release(session);
  }

  /** The next driver may charge there; the end is taken when it comes after all. */
  async #freeOutlet(session: Running): Promise<void> {
    const { db, logger, outlets } = this.#context;
    const { sessionId, evseId, heardAtMs } = session;
    await db
      .updateTable('charge')
      .set({ state: 'ending' })
      .where('session_id', '=', sessionId)
      .where('state', '=', 'charging')
      .execute();
    outlets.free(evseId, sessionId);
    this.#charges.release(sessionId);
    logger.error({ sessionId, evseId, heardAtMs }, 'a station is silent about a session: its outlet is free');
  }

  async #giveUp(session: Running): Promise<void> {
    const { sessionId, agreementId, gainMilliWh, heardAtMs } = session;
    await this.#close(sessionId, agreementId, 'vanished', {
      code: 'station-silent',
      detail: `the station brought no end that its meter signed; it was last heard of at ${heardAtMs}`,
      energyWh: energyOfGain(gainMilliWh),
      closedAtMs: this.#context.nowMs(),
    });
    this.#release(session);
  }

  async #close(
    sessionId: string,
    agreementId: string,
    reason: 'vanished' | 'refused',
    unbilled: Unbilled,
  ): Promise<void> {
    const { batcher, logger } = this.#context;
    await batcher.accepting(async (trx, accept) => {
      await keepUnbilled(trx, sessionId, unbilled);
      await dropEnd(trx, sessionId);
      await accept({ kind: 'void', sessionId, agreementId, payload: { reason } });
    });
    logger.error({ sessionId, reason, detail: unbilled.detail }, 'a session ends that nobody is billed for');
  }

  /** Ends that the ledger refused until it would take them no more. */
  async #refused(): Promise<void> {
    for (let after: bigint | undefined = 0n; after !== undefined;) {
      const page: readonly RefusedEnd[] = await givenUp(this.#context.db, after, PAGE);
      for (const end of page) await this.#apart(() => this.#closeRefused(end));
      after = page.length < PAGE ? undefined : page.at(-1)?.factId;
    }
  }

  async #closeRefused({ sessionId, agreementId, endMs, code, text, bill }: RefusedEnd): Promise<void> {
    const { nowMs } = this.#context;
    const terms = this.#terms(agreementId);
    if (terms === undefined || nowMs() <= endMs + terms.cdrBoundMs) return;
    await this.#close(sessionId, agreementId, 'refused', {
      code: 'record-refused',
      detail: `${code}: ${text}`,
      energyWh: bill.energyWh,
      closedAtMs: nowMs(),
    });
  }
}
