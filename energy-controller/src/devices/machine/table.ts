import type { noticeKinds } from '@roamgrid/wire';

/** A device's behaviour as data: states, what leads from one to another, and where its parts are to be in each. */

export interface MachineEvent {
  readonly type: string;
}

/**
 * A `request` is somebody's wish and may be refused; a `signal` is what happened, and every state has an answer to it; a `timer`
 * comes when a state has lasted as long as it may.
 */
export type EventKind = 'request' | 'signal' | 'timer';

/** Something that the control centre is told. */
export interface Notice {
  readonly kind: (typeof noticeKinds)[number];
  readonly code: string;
  readonly says: string;
  readonly facts: Readonly<Record<string, string>>;
}

type OfType<Event extends MachineEvent, Type extends string> = Extract<Event, { type: Type }>;

/** What may be said of a way beside where it leads. */
export interface WayOptions<State extends string, Memory, Event extends MachineEvent> {
  /** In words, for the chart and for who is refused. */
  readonly when?: string;
  readonly holds?: (memory: Memory, event: Event) => boolean;
  readonly then?: (memory: Memory, event: Event, from: State) => Memory;
  readonly tells?: (before: Memory, after: Memory, event: Event) => readonly Notice[];
  /** Not worth a line in the log nor a write to the disk: what is lost with it is found again after a restart. */
  readonly isLight?: true;
}

export interface Way<State extends string, Event extends MachineEvent, Memory> extends WayOptions<
  State,
  Memory,
  Event
> {
  readonly from: readonly State[] | 'any';
  readonly on: Event['type'];
  readonly to: State | 'same';
}

export interface StateText<Event extends MachineEvent> {
  /** What is so in it, for people. */
  readonly says: string;
  /** Nothing moves, flows or stands open by our doing. */
  readonly isSafe?: true;
  /** It ends by itself. */
  readonly lasts?: { readonly ms: number; readonly then: Event };
}

export interface Table<State extends string, Event extends MachineEvent, Memory, Order> {
  readonly initial: { readonly state: State; readonly memory: Memory };
  readonly states: Readonly<Record<State, StateText<Event>>>;
  readonly events: Readonly<Record<Event['type'], EventKind>>;
  /** The first that fits is taken. */
  readonly ways: readonly Way<State, Event, Memory>[];
  /** Where the parts are to be; the same for the same state and memory. */
  order(state: State, memory: Memory): Order;
}

/** Any table, for what looks at its shape alone. */
export interface AnyTable {
  readonly initial: { readonly state: string };
  readonly states: Readonly<Record<string, StateText<MachineEvent>>>;
  readonly events: Readonly<Record<string, EventKind>>;
  readonly ways: readonly {
    readonly from: readonly string[] | 'any';
    readonly on: string;
    readonly to: string;
    readonly when?: string;
    readonly holds?: unknown;
    readonly tells?: unknown;
  }[];
}

/** What every device hears beside its own events. */
export type CommonEvent =
  { readonly type: 'restarted' } | { readonly type: 'link-lost' } | { readonly type: 'away-too-long' };

/** Writes ways whose event has the type of their name. */
export const waysOf =
  <State extends string, Event extends MachineEvent, Memory>() =>
  <Type extends Event['type']>(
    from: readonly State[] | 'any',
    on: Type,
    to: State | 'same',
    options: WayOptions<State, Memory, OfType<Event, Type>> = {},
  ): Way<State, Event, Memory> => ({
    from,
    on,
    to,
    // `step` hands a way only events of its own type: the one place where that is taken on trust.
    ...(options as unknown as WayOptions<State, Memory, Event>),
  });

/** Ways for some of a device's events among all of its ways: `step` hands each only events of its own type. */
export const amongWays = <State extends string, Event extends MachineEvent, Memory, Some extends Event>(
  ways: readonly Way<State, Some, Memory>[],
): readonly Way<State, Event, Memory>[] => ways as unknown as readonly Way<State, Event, Memory>[];

/** So long a device may not answer before the control centre is told. */
const LONGEST_AWAY_MS = 60_000;

export const anomaly = (code: string, says: string, facts: Notice['facts'] = {}): Notice => ({
  kind: 'ANOMALY',
  code,
  says,
  facts,
});

type UnheardState = 'checking' | 'away';

/** The first states of every device: before it was heard, and while it does not answer. */
export const unheardStates = {
  checking: {
    says: 'the device has not been heard yet',
    isSafe: true,
    lasts: { ms: LONGEST_AWAY_MS, then: { type: 'away-too-long' } },
  },
  away: { says: 'the device does not answer', isSafe: true },
} as const satisfies Readonly<Record<UnheardState, StateText<CommonEvent>>>;

export const commonEvents = {
  restarted: 'signal',
  'link-lost': 'signal',
  'away-too-long': 'timer',
} as const satisfies Readonly<Record<CommonEvent['type'], EventKind>>;

/**
 * What a restart, a lost link and a long silence lead to in every device, where no way before them says otherwise. A silence is told once,
 * however long it lasts.
 * @param then what is not to be believed any more after nobody looked
 */
export const commonWays = <State extends string, Event extends MachineEvent, Memory>(
  then: (memory: Memory) => Memory = (memory) => memory,
): readonly Way<State | UnheardState, Event | CommonEvent, Memory>[] => {
  const way = waysOf<State | UnheardState, CommonEvent, Memory>();
  return amongWays<State | UnheardState, Event | CommonEvent, Memory, CommonEvent>([
    way('any', 'restarted', 'checking', { then }),
    way(['away'], 'link-lost', 'same', { isLight: true }),
    way('any', 'link-lost', 'checking', { then }),
    way(['checking'], 'away-too-long', 'away', {
      tells: () => [anomaly('DEVICE_AWAY', 'the device has not answered for a minute')],
    }),
  ]);
};
