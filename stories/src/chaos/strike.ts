import { setTimeout as sleep } from 'node:timers/promises';
import type { PartHandle } from '@roamgrid/utility';
import type { Fronts } from './fronts.ts';
import { limitFiles, signalAll, withDescendants } from './processes.ts';
import type { FaultKind, PlannedFault } from './plan.ts';

/** What faults are done with. */
export interface Hand {
  readonly part: (name: string) => PartHandle;
  readonly fronts: Fronts;
  /** Sets by how much a station's clock will be off when it starts again. */
  readonly setSkew: (target: string, skewMs: number) => void;
}

/** A fault is for a part that runs: one that is still away from the fault before is waited for. */
const COMES_BACK_MS = 120_000;
/** So often a part that was started again meanwhile is found. */
const HOLD_EVERY_MS = 200;

async function freeze({ target, lastsMs }: PlannedFault, hand: Hand): Promise<void> {
  const pids = withDescendants(hand.part(target).pids);
  signalAll(pids, 'SIGSTOP');
  await sleep(lastsMs);
  signalAll(pids, 'SIGCONT');
}

async function fillDisk({ target, lastsMs }: PlannedFault, hand: Hand): Promise<void> {
  const part = hand.part(target);
  const untilMs = Date.now() + lastsMs;
  const limited = new Set<number>();
  while (Date.now() < untilMs) {
    const fresh = withDescendants(part.pids).filter((pid) => !limited.has(pid));
    await limitFiles(fresh, '0');
    for (const pid of fresh) limited.add(pid);
    await sleep(HOLD_EVERY_MS);
  }
  // Again, for what a process started while its own limit was lifted.
  for (let round = 0; round < 2; round += 1)
    await limitFiles([...limited, ...withDescendants(part.pids)], 'unlimited');
}

const KINDS: Readonly<Record<FaultKind, (fault: PlannedFault, hand: Hand) => Promise<void>>> = {
  kill: ({ target }, hand) => {
    hand.part(target).kill('SIGKILL');
    return Promise.resolve();
  },
  freeze,
  'frozen-database': freeze,
  cut: async ({ target, lastsMs }, { fronts }) => {
    fronts.cut(target);
    await sleep(lastsMs);
    fronts.mend(target);
  },
  'clock-skew': ({ target, skewMs = 0 }, { setSkew, part }) => {
    setSkew(target, skewMs);
    part(target).kill('SIGKILL');
    return Promise.resolve();
  },
  'disk-full': fillDisk,
};

/** When a fault struck and when it was over. */
export interface Struck {
  readonly fault: PlannedFault;
  readonly fromMs: number;
  readonly untilMs: number;
  /** Whether a session was authorised or charged when it struck; for a station, a session of its own. */
  readonly isInSession: boolean;
}

/** Lets a fault strike the running part, and takes it back. */
export async function strike(fault: PlannedFault, hand: Hand, isInSession: () => boolean): Promise<Struck> {
  await hand.part(fault.target).whenRunning(COMES_BACK_MS);
  const during = isInSession();
  const fromMs = Date.now();
  await KINDS[fault.kind](fault, hand);
  return { fault, fromMs, untilMs: Date.now(), isInSession: during };
}
