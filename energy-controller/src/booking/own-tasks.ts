import { createHash } from 'node:crypto';
import { CALENDAR_TASKS, type JobStatus, type StationTask } from '@roamgrid/wire';
import type { KeptRequest } from '../store/request-store.ts';

/** What a site has in its station's calendar, and what it leaves there of others. */

/** Ends that nobody knows are said to be so, ms: a calendar that changed with every look would be written each time. */
const STEP_MS = 900_000;

const nextStep = (atMs: number): number => (Math.floor(atMs / STEP_MS) + 1) * STEP_MS;

/** Jobs that take power here, or soon will. */
const LIVE: ReadonlySet<JobStatus['state']> = new Set([
  ...(['waiting', 'running', 'throttled', 'held', 'arriving', 'leaving'] as const),
]);

export interface TaskRules {
  readonly siteId: string;
  readonly nowMs: number;
  /** A job that leaves no checkpoint may begin anew elsewhere. */
  readonly mayRestart: boolean;
}

/**
 * A job as a task: it may take its program's power until its deadline, or until its run is ended if that is sooner. Jobs that are peripheral
 * may go on elsewhere; those that are sensitive to time, and those that others wait for, may not.
 */
export const taskOfJob = (job: JobStatus, { siteId, nowMs, mayRestart }: TaskRules): StationTask[] => {
  const { jobId, state, arrivedMs, begunMs, deadlineMs, longestRunMs, runningW, kind, canCheckpoint } = job;
  // A program that the cabinet does not run any more takes nothing.
  if (!LIVE.has(state) || runningW === undefined || longestRunMs === undefined) return [];
  const endMs = Math.min(deadlineMs ?? Infinity, (begunMs ?? arrivedMs) + longestRunMs);
  return [
    {
      ...{ taskId: jobId, by: siteId, startMs: arrivedMs, powerW: runningW },
      endMs: endMs > nowMs ? endMs : nextStep(nowMs),
      movable: kind === 'peripheral' && (canCheckpoint || mayRestart),
    },
  ];
};

/** What an operator was granted at the site blocks its power; without an end it does so for as far as bookings are looked for. */
export const taskOfRequest = (
  { requestId, claim }: Pick<KeptRequest, 'requestId' | 'claim'>,
  { siteId, nowMs }: TaskRules,
  aheadMs: number,
): StationTask => ({
  ...{ taskId: blockId(requestId), by: siteId, powerW: claim.maxW, movable: false },
  startMs: claim.fromMs ?? claim.arrivedMs,
  endMs: claim.untilMs ?? nextStep(nowMs + aheadMs),
});

const ID_LENGTH = 40;

const blockId = (requestId: string): string =>
  `ask-${createHash('sha256').update(requestId).digest('hex').slice(0, ID_LENGTH)}`;

export interface OwnWork {
  readonly tasks: readonly StationTask[];
  /** Jobs that the site's cabinets know, those that are over among them. */
  readonly known: ReadonlySet<string>;
}

/**
 * The tasks of a station's calendar with the site's own as they are now. What operators wrote stays, and so do jobs that are to come here
 * from another station, until a cabinet of the site knows them. A job that is to move keeps the end that the booking gave it.
 */
export const mergedTasks = (
  before: readonly StationTask[],
  { tasks, known }: OwnWork,
  { siteId, nowMs }: Pick<TaskRules, 'siteId' | 'nowMs'>,
): readonly StationTask[] => {
  const standing = new Map(before.map((task) => [task.taskId, task]));
  const others = before.filter(({ taskId, by, endMs }) => {
    if (by === undefined) return true;
    return by !== siteId && !known.has(taskId) && endMs > nowMs;
  });
  const taken = new Set(others.map(({ taskId }) => taskId));
  const own = tasks
    .filter(({ taskId }) => !taken.has(taskId))
    .map((task) => {
      const movesTo = standing.get(task.taskId)?.movesTo;
      if (movesTo === undefined) return task;
      return { ...task, movesTo, endMs: Math.max(task.startMs, Math.min(task.endMs, movesTo.fromMs)) };
    });
  const byStart = (a: StationTask, b: StationTask): number =>
    a.startMs - b.startMs || (a.taskId < b.taskId ? -1 : 1);
  // What does not fit into a calendar any more is what ends last.
  const room = Math.max(0, CALENDAR_TASKS - others.length);
  const fitting = [...own].sort((a, b) => a.endMs - b.endMs || byStart(a, b)).slice(0, room);
  return [...others, ...fitting].sort(byStart);
};
