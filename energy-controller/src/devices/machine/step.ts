import type { MachineEvent, Notice, Table } from './table.ts';

/** A device at an instant: all that its next step depends on. */
export interface Instance<State extends string, Memory> {
  readonly state: State;
  readonly memory: Memory;
  /** When the state was entered. */
  readonly sinceMs: number;
  /** Of the last step: time never goes back. */
  readonly atMs: number;
  /** When the state ends by itself. */
  readonly dueAtMs: number | null;
  /** Steps taken in the life of the journal. */
  readonly steps: number;
}

export type RefusalCode = 'NOT_POSSIBLE_NOW' | 'CONDITION_NOT_MET';

export interface Refusal {
  readonly code: RefusalCode;
  readonly message: string;
  /** Requests that are possible in this state, if their conditions hold. */
  readonly possible: readonly string[];
}

export type Outcome<State extends string, Memory> =
  | {
      readonly ok: true;
      readonly next: Instance<State, Memory>;
      readonly notices: readonly Notice[];
      readonly isLight: boolean;
    }
  | { readonly ok: false; readonly refusal: Refusal };

/** Before anything happened. */
export const begin = <State extends string, Event extends MachineEvent, Memory, Order>(
  { initial, states }: Table<State, Event, Memory, Order>,
  nowMs: number,
): Instance<State, Memory> => {
  const { lasts } = states[initial.state];
  const dueAtMs = lasts === undefined ? null : nowMs + lasts.ms;
  return { ...initial, sinceMs: nowMs, atMs: nowMs, dueAtMs, steps: 0 };
};

/** As of now, when a clock that was ahead has been set back meanwhile: what had still to pass at the last step has still to pass. */
export const rebased = <State extends string, Memory>(
  instance: Instance<State, Memory>,
  nowMs: number,
): Instance<State, Memory> => {
  const aheadMs = instance.atMs - nowMs;
  if (aheadMs <= 0) return instance;
  const dueAtMs = instance.dueAtMs === null ? null : instance.dueAtMs - aheadMs;
  return { ...instance, atMs: nowMs, sinceMs: instance.sinceMs - aheadMs, dueAtMs };
};

const leadsFrom = (from: readonly string[] | 'any', state: string): boolean =>
  from === 'any' || from.includes(state);

/** The requests to which a state has an answer, in the order of the table. */
export const possibleIn = <State extends string, Event extends MachineEvent, Memory, Order>(
  table: Table<State, Event, Memory, Order>,
  state: State,
): readonly string[] => {
  const possible = table.ways
    .filter(({ from, on }) => table.events[on] === 'request' && leadsFrom(from, state))
    .map(({ on }) => on);
  return [...new Set(possible)];
};

/** What an event comes to. The same table, instance, event and instant give the same outcome. */
export const step = <State extends string, Event extends MachineEvent, Memory, Order>(
  table: Table<State, Event, Memory, Order>,
  instance: Instance<State, Memory>,
  event: Event,
  nowMs: number,
): Outcome<State, Memory> => {
  const { state, memory } = instance;
  const ways = table.ways.filter(({ from, on }) => on === event.type && leadsFrom(from, state));
  const way = ways.find(({ holds }) => holds?.(memory, event) ?? true);
  if (way === undefined) {
    const possible = possibleIn(table, state);
    const conditions = ways.flatMap(({ when }) => (when === undefined ? [] : [when]));
    const instead = possible.length === 0 ? 'nothing can be asked of it now' : possible.join(', ');
    return {
      ok: false,
      refusal:
        ways.length === 0
          ? {
              code: 'NOT_POSSIBLE_NOW',
              message: `${event.type} is not possible while ${table.states[state].says}; possible: ${instead}`,
              possible,
            }
          : {
              code: 'CONDITION_NOT_MET',
              message: `${event.type} needs: ${conditions.join(', or ')}`,
              possible,
            },
    };
  }
  const atMs = Math.max(nowMs, instance.atMs);
  const to = way.to === 'same' ? state : way.to;
  const after = way.then?.(memory, event, state) ?? memory;
  const isEntered = to !== state;
  const { lasts } = table.states[to];
  const dueAtMs = lasts === undefined ? null : atMs + lasts.ms;
  return {
    ok: true,
    next: {
      state: to,
      memory: after,
      sinceMs: isEntered ? atMs : instance.sinceMs,
      atMs,
      dueAtMs: isEntered ? dueAtMs : instance.dueAtMs,
      steps: instance.steps + 1,
    },
    notices: way.tells?.(memory, after, event) ?? [],
    isLight: way.isLight === true && !isEntered,
  };
};

/** The event with which a state that has lasted as long as it may ends now, or nothing. */
export const dueEvent = <State extends string, Event extends MachineEvent, Memory, Order>(
  { states }: Table<State, Event, Memory, Order>,
  { state, dueAtMs }: Instance<State, Memory>,
  nowMs: number,
): Event | undefined => (dueAtMs !== null && nowMs >= dueAtMs ? states[state].lasts?.then : undefined);
