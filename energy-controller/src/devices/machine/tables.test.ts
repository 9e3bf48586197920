import assert from 'node:assert/strict';
import fc from 'fast-check';
import { z } from 'zod';
import { TABLES } from '../tables.ts';
import { faultsOf } from './check.ts';
import { begin, dueEvent, possibleIn, step, type Instance } from './step.ts';
import type { AnyTable, MachineEvent, Table } from './table.ts';

type Loose = Table<string, MachineEvent, unknown, unknown>;
const tables = Object.entries(TABLES).map(([name, table]) => [name, table as unknown as Loose] as const);

/** What an event of any table may carry. */
const payload = fc.record({
  role: fc.constantFrom('driver', 'technician'),
  who: fc.constantFrom('a'.repeat(64), 'b'.repeat(64)),
  spares: fc.nat(3),
  faulty: fc.subarray(['f1', 'f2', 'f3']),
  is: fc.constantFrom('locked', 'released'),
  id: fc.constantFrom('b1', 'b2'),
  blades: fc.subarray(['b1', 'b2']),
  pulse: fc.nat(5),
});

const course = (table: Loose) =>
  fc.array(
    fc.record({
      event: fc
        .tuple(fc.constantFrom(...Object.keys(table.events)), payload)
        .map(([type, more]): MachineEvent => ({ type, ...more })),
      afterMs: fc.oneof(fc.nat(5_000), fc.nat(1_000_000), fc.constant(-10_000)),
    }),
    { maxLength: 40 },
  );

/** What holds of an order whatever happened. */
const lawful = z.object({
  depository: z
    .tuple([z.string(), z.looseObject({ holder: z.unknown() }), z.looseObject({ latch: z.string() })])
    .refine(([, { holder }, { latch }]) => latch === 'locked' || holder !== null),
  climate: z
    .tuple([z.string(), z.unknown(), z.looseObject({ pump: z.string(), blades: z.string() })])
    .refine(([, , { pump, blades }]) => blades === 'run' || pump === 'circulate'),
  lift: z
    .tuple([
      z.string(),
      z.looseObject({ hatchSeen: z.string(), back: z.string() }),
      z.looseObject({ motor: z.string() }),
    ])
    .refine(([, { hatchSeen }, { motor }]) => motor !== 'raise' || hatchSeen === 'released'),
  line: z
    .tuple([z.string(), z.unknown(), z.looseObject({ pulse: z.number().nullable() })])
    .refine(([state, , { pulse }]) => (pulse !== null) === (state === 'live')),
  gate: z
    .tuple([
      z.string(),
      z.looseObject({ failures: z.number() }),
      z.looseObject({ power: z.string(), data: z.string(), block: z.string() }),
    ])
    .refine(([, { failures }, { power, data, block }]) =>
      power === 'on'
        ? failures === 0 && data === 'open' && block === 'on'
        : data === 'closed' && block === 'off',
    ),
  transfer: z
    .tuple([
      z.string(),
      z.unknown(),
      z.looseObject({ grid: z.string(), battery: z.string(), charger: z.string() }),
    ])
    .refine(
      ([state, , { grid, battery, charger }]) =>
        (grid === 'open' || battery === 'open') &&
        (charger === 'open' || (grid === 'closed' && state === 'on-grid')),
    ),
}).shape;

const live = (
  table: Loose,
  events: readonly { readonly event: MachineEvent; readonly afterMs: number }[],
  seen: (before: Instance<string, unknown>, event: MachineEvent, outcome: ReturnType<typeof step>) => void,
): void => {
  let instance = begin(table, 0);
  let nowMs = 0;
  const take = (event: MachineEvent): void => {
    const outcome = step(table, instance, event, nowMs);
    seen(instance, event, outcome);
    if (outcome.ok) instance = outcome.next;
  };
  for (const { event, afterMs } of events) {
    nowMs += afterMs;
    const due = dueEvent(table, instance, nowMs);
    if (due !== undefined) take(due);
    // A timer comes when its state's time is over, and from nowhere else.
    if (table.events[event.type] !== 'timer') take(event);
  }
};

describe('the tables of devices', () => {
  for (const [name, table] of tables) {
    it(`${name}: every state is reached and left, every signal has an answer, safety is one step away`, () => {
      assert.deepEqual(faultsOf(table as unknown as AnyTable), []);
    });

    it(`${name}: lived through at random, gives the same again, answers all that happens, and is safe after a restart`, () => {
      fc.assert(
        fc.property(course(table), (events) => {
          const first: unknown[] = [];
          live(table, events, (before, event, outcome) => {
            first.push(outcome);
            const kind = table.events[event.type];
            if (!outcome.ok) {
              assert.equal(kind, 'request', `${before.state} refuses ${event.type}`);
              assert.deepEqual(outcome.refusal.possible, possibleIn(table, before.state));
              return;
            }
            const { next } = outcome;
            assert.ok(next.atMs >= before.atMs && next.sinceMs <= next.atMs);
            assert.equal(next.steps, before.steps + 1);
            const { lasts } = table.states[next.state] ?? {};
            assert.equal(next.dueAtMs === null, lasts === undefined, `${next.state} ends by itself`);
            const law = lawful[name as keyof typeof lawful];
            const seen = [next.state, next.memory, table.order(next.state, next.memory)];
            assert.ok(law.safeParse(seen).success, JSON.stringify(seen));
            const restarted = step(table, next, { type: 'restarted' }, next.atMs);
            assert.ok(restarted.ok && table.states[restarted.next.state]?.isSafe);
            assert.deepEqual(restarted.notices, [], 'a restart is no news');
          });
          const second: unknown[] = [];
          live(table, events, (_before, _event, outcome) => second.push(outcome));
          assert.deepEqual(second, first);
        }),
        { numRuns: 150 },
      );
    });
  }
});

type Small = 'off' | 'on';
const small = {
  initial: { state: 'off', memory: null },
  states: { off: { says: 'off', isSafe: true }, on: { says: 'on' } },
  events: { press: 'request', hot: 'signal', restarted: 'signal', 'link-lost': 'signal' },
  ways: [
    { from: ['off'], on: 'press', to: 'on', when: 'it is cool', holds: () => false },
    { from: ['on'], on: 'hot', to: 'off' },
    { from: 'any', on: 'hot', to: 'same' },
    { from: 'any', on: 'restarted', to: 'off' },
    { from: 'any', on: 'link-lost', to: 'off' },
  ],
  order: () => null,
} as const satisfies Table<Small, MachineEvent, null, null>;

describe('the check of tables', () => {
  const without = (on: string, more: readonly object[] = []) =>
    faultsOf({ ...small, ways: [...small.ways.filter((way) => way.on !== on), ...more] } as never);
  it('finds each fault that it is for', () => {
    assert.deepEqual(faultsOf(small as never), []);
    assert.match(without('press').join(), /on is never reached/);
    assert.match(without('press').join(), /off is never left/);
    assert.match(without('hot').join(), /off has no answer to hot,nothing|on has no answer to hot/);
    assert.match(without('restarted').join(), /restarted does not lead from on to a safe state/);
    assert.match(
      without('link-lost', [{ from: 'any', on: 'link-lost', to: 'on' }]).join(),
      /link-lost does not lead from off to a safe state/,
    );
    assert.match(
      without('', [{ from: ['on'], on: 'hot', to: 'on' }]).join(),
      /the way by hot to on is never taken/,
    );
    const states = { ...small.states, on: { says: 'on', lasts: { ms: 5, then: { type: 'over' } } } };
    assert.match(faultsOf({ ...small, states }).join(), /on has no answer when its time is over/);
    assert.match(
      faultsOf({ ...small, initial: { state: 'on', memory: null } } as never).join(),
      /the initial state on is not safe/,
    );
  });

  it('refuses what is not possible with what is, and what lacks a condition with the condition', () => {
    const table = small as unknown as Loose;
    const at = begin(table, 0);
    assert.deepEqual(step(table, at, { type: 'press' }, 0), {
      ok: false,
      refusal: { code: 'CONDITION_NOT_MET', message: 'press needs: it is cool', possible: ['press'] },
    });
    assert.deepEqual(step(table, { ...at, state: 'on' }, { type: 'press' }, 0), {
      ok: false,
      refusal: {
        code: 'NOT_POSSIBLE_NOW',
        message: 'press is not possible while on; possible: nothing can be asked of it now',
        possible: [],
      },
    });
  });
});
