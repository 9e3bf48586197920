import type { AnyTable } from './table.ts';

const waysFrom = (table: AnyTable, state: string) =>
  table.ways.filter(({ from }) => from === 'any' || from.includes(state));

const nextOf = (table: AnyTable, state: string): readonly string[] =>
  waysFrom(table, state).flatMap(({ to }) => (to === 'same' || to === state ? [] : [to]));

const reachedFrom = (table: AnyTable, start: string): ReadonlySet<string> => {
  const reached = new Set([start]);
  for (const state of reached) for (const next of nextOf(table, state)) reached.add(next);
  return reached;
};

/** Whether some way for an event is taken whatever holds. */
const isAlwaysAnswered = (table: AnyTable, state: string, event: string): boolean =>
  waysFrom(table, state).some(({ on, holds }) => on === event && holds === undefined);

/**
 * What is wrong with a table, in words; nothing when it can be trusted with a device: every state is reached and left, every signal
 * has an answer in every state, a restart and a lost link lead to a safe state at once, no way is hidden behind another.
 */
export const faultsOf = (table: AnyTable): readonly string[] => {
  const faults: string[] = [];
  const states = Object.keys(table.states);
  const isSafe = (state: string) => table.states[state]?.isSafe === true;
  const reached = reachedFrom(table, table.initial.state);
  if (!isSafe(table.initial.state)) faults.push(`the initial state ${table.initial.state} is not safe`);
  for (const state of states) {
    if (!reached.has(state)) faults.push(`${state} is never reached`);
    if (nextOf(table, state).length === 0) faults.push(`${state} is never left`);
    if (![...reachedFrom(table, state)].some(isSafe)) faults.push(`no safe state is reached from ${state}`);
    for (const [event, kind] of Object.entries(table.events)) {
      const isAnswered = isAlwaysAnswered(table, state, event);
      if (kind === 'signal' && !isAnswered) faults.push(`${state} has no answer to ${event}`);
    }
    for (const event of ['restarted', 'link-lost']) {
      const [way] = waysFrom(table, state).filter(({ on }) => on === event);
      if (way === undefined || !isSafe(way.to === 'same' ? state : way.to))
        faults.push(`${event} does not lead from ${state} to a safe state`);
    }
    const timer = table.states[state]?.lasts?.then.type;
    if (timer !== undefined && !isAlwaysAnswered(table, state, timer))
      faults.push(`${state} has no answer when its time is over`);
  }
  for (const event of Object.keys(table.events))
    if (!table.ways.some(({ on }) => on === event)) faults.push(`nothing answers ${event}`);
  table.ways.forEach(({ from, on, to }, index) => {
    const states_ = from === 'any' ? states : from;
    const hidden = states_.every((state) =>
      waysFrom({ ...table, ways: table.ways.slice(0, index) }, state).some(
        (earlier) => earlier.on === on && earlier.holds === undefined,
      ),
    );
    if (hidden) faults.push(`the way by ${on} to ${to} is never taken: an earlier one always is`);
  });
  return faults;
};
