import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { writeFileSync } from 'node:fs';
import { CHECKPOINT_BYTES, type JobTransfer } from '@roamgrid/wire';
import type { AgentConfig } from '../config.ts';
import type { JobBook } from '../jobs/book.ts';
import { CHECKPOINT_FILE, sha256Of } from '../jobs/checkpoint.ts';
import { allowedProgram } from '../jobs/launch.ts';
import { isOver, type JobRecord } from '../jobs/record.ts';
import { agentError } from '../problems.ts';

/** How a cabinet takes a job from another: it is kept here and does not run before the other one says that it stopped there. */

const differs = (jobId: string) => agentError('JOB_DIFFERS', `${jobId} is another job here`);

export const checkRoom = (book: JobBook, { maxJobs }: AgentConfig): void => {
  if (book.all().filter((record) => !isOver(record)).length >= maxJobs) {
    throw agentError('CABINET_FULL', `${maxJobs} jobs are here: repeat when some are done`);
  }
};

/** An offer can take the place of what is known of the job: it was here and left, or this is a newer try of the same cabinet. */
const checkAgainst = (before: JobRecord, { order, hop, from }: JobTransfer): void => {
  const { standing } = before;
  if (!isDeepStrictEqual(before.order, order)) throw differs(order.jobId);
  const isBack = (standing === 'gone' || standing === 'handed') && hop > before.hop;
  const isAgain = standing === 'arriving' && before.movedFrom === from && hop >= before.hop;
  if (isBack || isAgain) return;
  throw agentError('WRONG_STATE', `${order.jobId} is ${standing} here at move ${before.hop}`);
};

/** Keeps an offered job, checkpoint and all. Idempotent. @throws ServiceError when it is not taken */
export const takeOffer = (book: JobBook, config: AgentConfig, offer: JobTransfer): void => {
  const { order, arrivedMs, from, hop, checkpoint } = offer;
  const { jobId } = order;
  const program = allowedProgram(config.programs, order);
  if (typeof program === 'string') throw agentError('PROGRAM_NOT_ALLOWED', program);
  const before = book.of(jobId);
  if (before === undefined || isOver(before)) checkRoom(book, config);
  if (before !== undefined) checkAgainst(before, offer);
  const bytes = checkpoint === undefined ? undefined : Buffer.from(checkpoint.base64, 'base64');
  if (bytes !== undefined && (bytes.length > CHECKPOINT_BYTES || sha256Of(bytes) !== checkpoint?.sha256)) {
    throw agentError('CHECKPOINT_DAMAGED', `the checkpoint of ${jobId} is not what its hash says`);
  }
  const work = book.clearWork(jobId);
  if (bytes !== undefined) writeFileSync(join(work, CHECKPOINT_FILE), bytes, { flush: true, mode: 0o600 });
  book.keep({ order, arrivedMs, standing: 'arriving', hop, movedFrom: from, runs: 0, cpuMs: 0 });
};

const offered = (book: JobBook, jobId: string, from: string, hop: number): JobRecord | undefined => {
  const record = book.of(jobId);
  return record?.movedFrom === from && record.hop === hop ? record : undefined;
};

/** The other cabinet stopped it: from here on it is ours. Idempotent. */
export const takeOver = (book: JobBook, jobId: string, from: string, hop: number): void => {
  const record = offered(book, jobId, from, hop);
  if (record === undefined) {
    const known = book.of(jobId);
    // It was ours and went on: whoever says again that we may have it is told that we had.
    if (known !== undefined && known.hop > hop) return;
    throw agentError('JOB_UNKNOWN', `move ${hop} of ${jobId} was not offered here`);
  }
  if (record.standing === 'arriving') book.keep({ ...record, standing: 'here' });
};

/** The other cabinet keeps it. Idempotent. */
export const dropOffer = (book: JobBook, jobId: string, from: string, hop: number): void => {
  if (offered(book, jobId, from, hop)?.standing === 'arriving') book.forget(jobId);
};
