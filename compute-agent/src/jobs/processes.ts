import { readdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** Processes of this machine as Linux shows them. Spec: proc(5). */

/** Ticks in which Linux tells processor time to programs are hundredths of a second on every platform that Node runs on. */
const TICK_MS = 10;

export interface ProcessFacts {
  readonly pid: number;
  /** `Z` has ended and nobody asked how. */
  readonly state: string;
  readonly group: number;
  /** Its own time and that of children that it waited for. */
  readonly cpuMs: number;
  readonly startTicks: number;
}

const factsOf = (pid: number): ProcessFacts | undefined => {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined; // ended since it was listed
  }
  // The name, in brackets, may hold anything; what follows the last bracket is numbers.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const numberAt = (field: number): number => Number(fields[field - 3]);
  return {
    pid,
    state: fields[0] ?? '',
    group: numberAt(5),
    cpuMs: (numberAt(14) + numberAt(15) + numberAt(16) + numberAt(17)) * TICK_MS,
    startTicks: numberAt(22),
  };
};

export const readProcesses = (): readonly ProcessFacts[] =>
  readdirSync('/proc').flatMap((name) => {
    const found = /^\d+$/.test(name) ? factsOf(Number(name)) : undefined;
    return found === undefined ? [] : [found];
  });

export const startTicksOf = (pid: number): number | undefined => factsOf(pid)?.startTicks;

/** Whether a process has a handler of its own for a signal; without one, most signals would end it. */
export const catches = (pid: number, signal: NodeJS.Signals): boolean => {
  try {
    const mask = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
    return ((BigInt(`0x${mask}`) >> BigInt(constants.signals[signal] - 1)) & 1n) === 1n;
  } catch {
    return false;
  }
};

/** A process group as a whole. */
export interface GroupFacts {
  readonly isAlive: boolean;
  readonly cpuMs: number;
  /** When the process began that has the group's number now, in ticks; absent when there is none. */
  readonly leaderTicks?: number;
}

/** The groups with these leaders; one without living members is not alive, and has no time any more. */
export const groupsOf = (processes: readonly ProcessFacts[]): ReadonlyMap<number, GroupFacts> => {
  const groups = new Map<number, GroupFacts>();
  for (const { pid, group, state, cpuMs, startTicks } of processes) {
    const before = groups.get(group) ?? { isAlive: false, cpuMs: 0 };
    const isAlive = before.isAlive || (state !== 'Z' && state !== 'X');
    const leader = pid === group ? { leaderTicks: startTicks } : {};
    groups.set(group, { ...before, isAlive, cpuMs: before.cpuMs + cpuMs, ...leader });
  }
  return groups;
};

/** A group for as long as it is the same one. */
export interface GroupName {
  readonly leader: number;
  /** When its leader began, as far as that was seen: a group of this number whose leader began at another time is somebody else's. */
  readonly startTicks: number | undefined;
}

/** A group as it is now; undefined when there is none, or its number is another's by now. */
export const groupOf = (
  groups: ReadonlyMap<number, GroupFacts>,
  { leader, startTicks }: GroupName,
): GroupFacts | undefined => {
  const group = groups.get(leader);
  const isAnother = startTicks !== undefined && (group?.leaderTicks ?? startTicks) !== startTicks;
  return isAnother ? undefined : group;
};

/** The variable by which a job's processes tell whose run they are. */
export const RUN_VARIABLE = 'ROAMGRID_JOB_RUN';

const tokenOf = (pid: number): string | undefined => {
  try {
    const prefix = `${RUN_VARIABLE}=`;
    const found = readFileSync(`/proc/${pid}/environ`, 'utf8')
      .split('\0')
      .find((each) => each.startsWith(prefix));
    return found?.slice(prefix.length);
  } catch {
    return undefined; // another user's, or ended
  }
};

/**
 * The groups of living processes that are runs of jobs whose tokens begin so, by token, the one that began first before the others: a run has
 * several when one of its processes left its group.
 */
export const survivorsOf = (tokenPrefix: string): ReadonlyMap<string, readonly number[]> => {
  const found = new Map<string, readonly number[]>();
  for (const { pid, state, group } of readProcesses().toSorted((a, b) => a.startTicks - b.startTicks)) {
    const token = state === 'Z' ? undefined : tokenOf(pid);
    if (token?.startsWith(tokenPrefix) !== true) continue;
    const groups = found.get(token) ?? [];
    if (!groups.includes(group)) found.set(token, [...groups, group]);
  }
  return found;
};

const signalAt = (target: number, signal: NodeJS.Signals): boolean => {
  try {
    process.kill(target, signal);
    return true;
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH') return false;
    throw thrown;
  }
};

/** Signals a whole group; false when it has no members. */
export const signalGroup = (leader: number, signal: NodeJS.Signals): boolean => signalAt(-leader, signal);

/** Signals one process; false when it is no more. */
export const signalOne = (pid: number, signal: NodeJS.Signals): boolean => signalAt(pid, signal);

const LOOK_AGAIN_MS = 5;

/** Ends a group and waits until none of it lives; a killed process cannot refuse, but the kernel may be busy. */
export const killGroup = async (leader: number, waitMs = 10_000): Promise<boolean> => {
  const untilMs = Date.now() + waitMs;
  signalGroup(leader, 'SIGKILL');
  while (groupsOf(readProcesses()).get(leader)?.isAlive === true) {
    if (Date.now() > untilMs) return false;
    await sleep(LOOK_AGAIN_MS);
  }
  return true;
};

/** Neither running nor about to: stopped, traced or ended. */
const STILL = /^[TtZX]$/;
const STOP_MS = 5_000;

/**
 * Stops a group and waits until no member runs any more, which is a moment later than the signal. False when none of it lives.
 * @throws when a member does not stop, as one that waits for a dead disk
 */
export const stopGroup = async (leader: number): Promise<boolean> => {
  const untilMs = Date.now() + STOP_MS;
  for (;;) {
    signalGroup(leader, 'SIGSTOP');
    const members = readProcesses().filter(({ group }) => group === leader);
    if (members.every(({ state }) => STILL.test(state))) return members.some(({ state }) => state !== 'Z');
    if (Date.now() > untilMs) throw new Error(`process group ${leader} does not stop`);
    await sleep(LOOK_AGAIN_MS);
  }
};
