import type { Logger } from '@roamgrid/service-kit';
import type { PeerClient } from '@roamgrid/service-kit/peers';
import { jobTransfer, transferFate, type JobTransfer, type MoveAnswer } from '@roamgrid/wire';
import { z } from 'zod';
import type { ProgramConfig } from '../config.ts';
import type { JobBook } from '../jobs/book.ts';
import { makeCheckpoint, readCheckpoint } from '../jobs/checkpoint.ts';
import type { JobRecord } from '../jobs/record.ts';
import type { Runner } from '../jobs/runner.ts';
import { agentError } from '../problems.ts';
import { dropOffer, takeOver } from './arrive.ts';

export interface MovesOptions {
  readonly cabinetId: string;
  readonly programs: readonly ProgramConfig[];
  readonly book: JobBook;
  readonly runner: Runner;
  /** Shares power anew: whoever is told to leave a checkpoint needs some. */
  readonly share: () => void;
  readonly cabinets: ReadonlyMap<string, PeerClient>;
  readonly nowMs: () => number;
  readonly log: Logger;
}

const OFFER_MS = 15_000;
const TELL_MS = 5_000;

const endedHere = (jobId: string): string => `${jobId} came to its end here meanwhile`;

/**
 * How a job leaves for another cabinet. In this order, each step kept before the next: it is told to leave a checkpoint and offered; the other
 * keeps it and does not run it; it is stopped here for good (`handed`); the other is told and runs it; it is `gone`. Whoever dies
 * in between asks or tells again when it is back: before `handed` the job is ours, from then on it is the other's.
 */
export class Moves {
  readonly #options: MovesOptions;

  constructor(options: MovesOptions) {
    this.#options = options;
  }

  /** After a start: a move that had not come to `handed` came to nothing. The other one asks, and is told so. */
  recover(): void {
    const { book } = this.#options;
    for (const record of book.all())
      if (record.standing === 'leaving') book.keep({ ...record, standing: 'here' });
  }

  async move(jobId: string, to: string, mayRestart: boolean): Promise<MoveAnswer> {
    const { book, cabinets, runner, share } = this.#options;
    const record = book.of(jobId);
    if (record === undefined) throw agentError('JOB_UNKNOWN', `${jobId} is not here`);
    const client = cabinets.get(to);
    if (client === undefined)
      throw agentError('CABINET_UNKNOWN', `${to} is no cabinet that jobs can be moved to`);
    if (record.standing !== 'here') throw agentError('WRONG_STATE', `${jobId} is ${record.standing}`);
    const hop = record.hop + 1;
    book.keep({ ...record, standing: 'leaving', hop, movedTo: to });
    share();
    try {
      const checkpoint = await this.#checkpoint(jobId, mayRestart);
      await this.#offer(client, jobId, hop, checkpoint);
      const hadRun = runner.has(jobId);
      const isStopped = await runner.freeze(jobId);
      // From here to the next write nothing is awaited: what is seen of the job still holds when it is kept.
      const leaving = this.#leaving(jobId, hop);
      if (hadRun && (!isStopped || runner.hasResult(jobId)))
        throw agentError('WRONG_STATE', endedHere(jobId));
      book.keep({ ...leaving, standing: 'handed' });
      await this.#handOver(jobId);
      return { jobId, to, goesOn: checkpoint === undefined ? 'anew' : 'from-checkpoint', hop };
    } catch (thrown) {
      this.#stay(jobId, hop, client);
      throw thrown;
    }
  }

  /** What a move left open, told or asked again. */
  async settle(): Promise<void> {
    const { book, cabinets, log } = this.#options;
    for (const { order, standing, movedFrom, hop } of book.all()) {
      const { jobId } = order;
      if (standing === 'handed') await this.#handOver(jobId);
      const source = standing === 'arriving' && movedFrom !== undefined ? cabinets.get(movedFrom) : undefined;
      if (source === undefined || movedFrom === undefined) continue;
      const path = `/v1/transfers/${jobId}?hop=${hop}`;
      const asked = await source.ask({ method: 'GET', path, answer: transferFate, timeoutMs: TELL_MS });
      if (!asked.ok) continue;
      const { fate } = asked.value;
      if (fate === 'handed') takeOver(book, jobId, movedFrom, hop);
      if (fate === 'kept') dropOffer(book, jobId, movedFrom, hop);
      if (fate !== 'pending')
        log.info({ jobId, from: movedFrom, hop, fate }, 'a move was asked about and settled');
    }
  }

  /** What became of a move of ours. */
  fateOf(jobId: string, to: string, hop: number): 'pending' | 'kept' | 'handed' {
    const record = this.#options.book.of(jobId);
    if (record === undefined) throw agentError('JOB_UNKNOWN', `${jobId} is not known here`);
    if (record.hop !== hop || record.movedTo !== to) return 'kept';
    if (record.standing === 'leaving') return 'pending';
    return record.standing === 'handed' || record.standing === 'gone' ? 'handed' : 'kept';
  }

  /** @throws when it ended, or this move of it is no longer under way */
  #leaving(jobId: string, hop: number): JobRecord {
    const record = this.#options.book.of(jobId);
    if (record?.standing === 'leaving' && record.hop === hop) return record;
    throw agentError('WRONG_STATE', endedHere(jobId));
  }

  async #checkpoint(jobId: string, mayRestart: boolean): Promise<JobTransfer['checkpoint']> {
    const { book, runner, programs } = this.#options;
    const record = book.of(jobId);
    const program = programs.find(({ name }) => name === record?.order.program);
    const work = book.workFolder(jobId);
    const leader = runner.leaderOf(jobId);
    if (program?.checkpoint !== undefined && leader !== undefined) {
      const { signal, waitMs } = program.checkpoint;
      const isOver = (): boolean => book.of(jobId)?.standing !== 'leaving';
      const isLeft = await makeCheckpoint({ work, leader, signal, waitMs, isOver });
      if (!isLeft && !mayRestart) {
        throw agentError('CANNOT_CHECKPOINT', `${jobId} left no checkpoint within ${waitMs} ms`);
      }
      if (!isLeft) return undefined;
    }
    const found = program?.checkpoint === undefined ? undefined : readCheckpoint(work);
    if (found === 'too-large')
      throw agentError('CANNOT_CHECKPOINT', `the checkpoint of ${jobId} is too large to be moved`);
    if (found === undefined && runner.has(jobId) && !mayRestart) {
      throw agentError('CANNOT_CHECKPOINT', `${jobId} would begin anew over there`);
    }
    return found;
  }

  async #offer(
    client: PeerClient,
    jobId: string,
    hop: number,
    checkpoint: JobTransfer['checkpoint'],
  ): Promise<void> {
    const { order, arrivedMs } = this.#leaving(jobId, hop);
    const from = this.#options.cabinetId;
    const offer: JobTransfer = {
      order,
      arrivedMs,
      from,
      hop,
      ...(checkpoint !== undefined && { checkpoint }),
    };
    const told = await client.ask({
      method: 'PUT',
      path: `/v1/transfers/${jobId}`,
      body: z.encode(jobTransfer, offer),
      timeoutMs: OFFER_MS,
    });
    if (told.ok) return;
    const { failure } = told;
    if (failure.kind === 'problem') {
      throw agentError(
        'TARGET_REFUSED',
        `${client.peer.id}: ${failure.problem.code}: ${failure.problem.detail}`,
      );
    }
    throw agentError('TARGET_AWAY', `${client.peer.id} did not answer (${failure.kind})`);
  }

  /** The job is the other's: nothing of it lives here when that is told. */
  async #handOver(jobId: string): Promise<void> {
    const { book, runner, cabinets, nowMs, log } = this.#options;
    await runner.end(jobId);
    const record = book.of(jobId);
    const client = record?.movedTo === undefined ? undefined : cabinets.get(record.movedTo);
    if (record?.standing !== 'handed' || client === undefined) return;
    const told = await client.ask({
      method: 'POST',
      path: `/v1/transfers/${jobId}/release`,
      body: { hop: record.hop },
      timeoutMs: TELL_MS,
    });
    if (!told.ok) {
      log.warn(
        { jobId, to: record.movedTo, failure: told.failure.kind },
        'a job was stopped, and who gets it could not be told yet',
      );
      return;
    }
    const now = book.of(jobId);
    // It may have come back meanwhile.
    if (now?.standing !== 'handed' || now.hop !== record.hop) return;
    book.keep({ ...now, standing: 'gone', endedMs: nowMs() });
  }

  /** The move came to nothing: the job goes on here, and the other one need not keep it. */
  #stay(jobId: string, hop: number, client: PeerClient): void {
    const { book, runner, share } = this.#options;
    const record = book.of(jobId);
    if (record?.standing === 'handed') return;
    runner.thaw(jobId);
    if (record?.standing === 'leaving' && record.hop === hop) book.keep({ ...record, standing: 'here' });
    share();
    void client.ask({ method: 'DELETE', path: `/v1/transfers/${jobId}?hop=${hop}`, timeoutMs: TELL_MS });
  }
}
