import type { ReadyCheck } from '@roamgrid/service-kit';
import type { Part, PartHandle } from './part.ts';
import { DEFAULT_SETTINGS, type SupervisorSettings } from './settings.ts';
import { SupervisedPart } from './supervised-part.ts';

export interface Supervisor {
  /** Starts a part and keeps it up from now on. @throws what its first start throws. */
  run(part: Part): Promise<PartHandle>;
  /** @throws Error for a name that nobody has. */
  part(name: string): PartHandle;
  /** In the order in which they were started. */
  readonly parts: readonly PartHandle[];
  /** Of readiness: one a part. */
  checks(): ReadyCheck[];
  /** Resolves when a part is gone for good: what depends on it has no use any more and is to be stopped. */
  readonly gone: Promise<{ readonly name: string; readonly reason: string }>;
  /** Ends every part in order, the last started first. */
  stop(): Promise<void>;
}

const checkOf = ({ name, state, lastOutage }: PartHandle): ReadyCheck => ({
  name,
  ok: state === 'running',
  ...(state === 'running'
    ? {}
    : { detail: lastOutage === undefined ? state : `${state}: ${lastOutage.reason}` }),
});

/**
 * Starts parts one by one, restarts what ends without being asked to, and ends all in the opposite order. It knows
 * nothing of what a part is.
 */
export const createSupervisor = (
  progress: (text: string) => void,
  changes: Partial<Omit<SupervisorSettings, 'progress' | 'onGone'>> = {},
): Supervisor => {
  const parts: SupervisedPart[] = [];
  let onGone: SupervisorSettings['onGone'] = () => undefined;
  const gone = new Promise<{ name: string; reason: string }>((resolve) => {
    onGone = (name, reason) => {
      resolve({ name, reason });
    };
  });
  const settings: SupervisorSettings = { ...DEFAULT_SETTINGS, ...changes, progress, onGone };
  let stopping: Promise<void> | undefined;
  const starting = new Set<Promise<void>>();
  const stopAll = async (): Promise<void> => {
    await Promise.allSettled(starting);
    for (const part of [...parts].reverse()) await part.stop();
  };
  return {
    async run(part) {
      if (parts.some(({ name }) => name === part.name))
        throw new Error(`there is a part ${part.name} already`);
      if (stopping !== undefined) throw new Error(`${part.name} is not started: the supervisor ends`);
      const supervised = new SupervisedPart(part, settings);
      const started = supervised.start().then(() => {
        parts.push(supervised);
      });
      starting.add(started);
      await started.finally(() => starting.delete(started));
      settings.onChange();
      return supervised;
    },
    part(name) {
      const found = parts.find((each) => each.name === name);
      if (found === undefined) throw new Error(`there is no part ${name}`);
      return found;
    },
    parts,
    checks: () => parts.map(checkOf),
    gone,
    stop: () => (stopping ??= stopAll()),
  };
};
