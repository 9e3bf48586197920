import type { JobState, JobStatus } from '@roamgrid/wire';
import { WHOLE } from '../power/share.ts';
import type { ProgramConfig } from '../config.ts';
import type { JobRecord } from './record.ts';
import type { Runner } from './runner.ts';

const stateOf = (record: JobRecord, runner: Runner): JobState => {
  if (record.standing !== 'here') return record.standing;
  const { jobId } = record.order;
  if (!runner.has(jobId)) return record.runs === 0 ? 'waiting' : 'held';
  const share = runner.shareOf(jobId);
  if (share === WHOLE) return 'running';
  return share === 0 ? 'held' : 'throttled';
};

/** A job as it is told to the controller. */
export const statusOf = (
  record: JobRecord,
  runner: Runner,
  programs: readonly ProgramConfig[],
): JobStatus => {
  const program = programs.find(({ name }) => name === record.order.program);
  const { order, arrivedMs, hop, runs, run, began, movedTo, movedFrom, exitCode, result, why } = record;
  const isElsewhere = record.standing === 'handed' || record.standing === 'gone';
  return {
    ...order,
    state: stateOf(record, runner),
    arrivedMs,
    runs,
    ...(began !== undefined && { began }),
    canCheckpoint: program?.checkpoint !== undefined,
    ...(program !== undefined && { runningW: program.runningW, longestRunMs: program.limits.runMs }),
    ...(run !== undefined && { begunMs: run.begunMs }),
    hop,
    ...(movedTo !== undefined && (isElsewhere || record.standing === 'leaving') && { movedTo }),
    ...(movedFrom !== undefined && { movedFrom }),
    cpuMs: runner.cpuMsOf(record),
    ...(exitCode !== undefined && { exitCode }),
    ...(result !== undefined && { result }),
    ...(why !== undefined && { why }),
  };
};
