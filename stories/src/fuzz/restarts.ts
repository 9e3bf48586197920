import type { LocalSystem } from '../system/system.ts';

/** Tells each time how many parts ended and were started again since it was asked before. */
export const restartsIn = ({ supervisor }: Pick<LocalSystem, 'supervisor'>): (() => number) => {
  const count = (): number => supervisor.parts.reduce((sum, { restarts }) => sum + restarts, 0);
  let before = count();
  return () => {
    const now = count();
    const since = now - before;
    before = now;
    return since;
  };
};
