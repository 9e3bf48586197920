import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { signalGroup } from '../jobs/processes.ts';
import { WHOLE, type Share } from './share.ts';

/** Gives jobs a part of the processors' time. */
export interface Quota {
  /** How it does so, for those who read the cabinet's facts. */
  readonly means: string;
  /** A new job's processes come under it. */
  take(jobId: string, leader: number): void;
  /** Told again every tick: a stopped job stays stopped, whoever woke it. */
  set(jobId: string, leader: number, share: Share): void;
  drop(jobId: string): void;
  close(): void;
}

/** Stop and continue, within every tick anew: what is a part of the time is a part of the power on average over a tick. */
export const byStopAndContinue = (tickMs: number, why: string): Quota => {
  const timers = new Map<string, NodeJS.Timeout>();
  const clear = (jobId: string): void => {
    clearTimeout(timers.get(jobId));
    timers.delete(jobId);
  };
  return {
    means: `stop and continue (${why})`,
    take: () => undefined,
    set: (jobId, leader, share) => {
      clear(jobId);
      signalGroup(leader, share === 0 ? 'SIGSTOP' : 'SIGCONT');
      if (share === 0 || share === WHOLE) return;
      const stop = setTimeout(
        () => void signalGroup(leader, 'SIGSTOP'),
        Math.floor((tickMs * share) / WHOLE),
      );
      timers.set(jobId, stop);
    },
    drop: clear,
    close: () => {
      for (const jobId of [...timers.keys()]) clear(jobId);
    },
  };
};

/** Microseconds in which a quota is used up and given anew. Spec: Linux, cgroup v2, `cpu.max`. */
const PERIOD_US = 100_000;

/** A group a job below `folder`; where a job gets nothing it is stopped, for a quota of nothing does not exist. */
const byCgroup = (folder: string, cores: number): Quota => {
  const groupOf = (jobId: string): string => join(folder, jobId);
  return {
    means: `cgroup v2 at ${folder}`,
    take: (jobId, leader) => {
      mkdirSync(groupOf(jobId), { recursive: true });
      writeFileSync(join(groupOf(jobId), 'cgroup.procs'), `${leader}`);
    },
    set: (jobId, leader, share) => {
      const quota = share === WHOLE ? 'max' : Math.floor((PERIOD_US * cores * share) / WHOLE);
      if (share > 0) writeFileSync(join(groupOf(jobId), 'cpu.max'), `${quota} ${PERIOD_US}`);
      signalGroup(leader, share === 0 ? 'SIGSTOP' : 'SIGCONT');
    },
    drop: (jobId) => {
      try {
        rmdirSync(groupOf(jobId));
      } catch {
        // Not empty yet, or never made; an empty group does nothing.
      }
    },
    close: () => undefined,
  };
};

/** What stands in the way of a quota by cgroup; undefined for nothing. */
const cgroupFault = (folder: string): string | undefined => {
  const controllers = join(folder, 'cgroup.controllers');
  if (!existsSync(controllers)) return `${folder} is no cgroup v2`;
  if (!readFileSync(controllers, 'utf8').trim().split(' ').includes('cpu'))
    return `${folder} has no controller cpu`;
  try {
    accessSync(folder, constants.W_OK);
    writeFileSync(join(folder, 'cgroup.subtree_control'), '+cpu');
    return undefined;
  } catch {
    return `${folder} cannot be written`;
  }
};

export const chooseQuota = (cgroup: string | undefined, tickMs: number, cores: number): Quota => {
  const fault = cgroup === undefined ? 'no cgroup is configured' : cgroupFault(cgroup);
  return cgroup === undefined || fault !== undefined
    ? byStopAndContinue(tickMs, fault ?? '')
    : byCgroup(cgroup, cores);
};
