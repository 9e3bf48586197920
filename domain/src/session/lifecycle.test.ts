import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ok } from '../result/index.ts';
import {
  isFinal,
  nextState,
  possibleEvents,
  SESSION_EVENTS,
  SESSION_STATES,
  type SessionEvent,
  type SessionState,
} from './lifecycle.ts';

/** Every pair that is not here is refused. */
const ALLOWED: readonly (readonly [from: SessionState, event: SessionEvent, to: SessionState])[] = [
  ['opened', 'close', 'closed'],
  ['opened', 'void', 'voided'],
  ['opened', 'expire', 'expired'],
  ['closed', 'invoice', 'invoiced'],
  ['closed', 'void', 'voided'],
  ['invoiced', 'accept', 'accepted'],
  ['invoiced', 'dispute', 'disputed'],
  ['disputed', 'revise', 'invoiced'],
  ['disputed', 'uphold', 'invoiced'],
  ['disputed', 'accept', 'accepted'],
  ['disputed', 'void', 'voided'],
  ['accepted', 'settle', 'settled'],
];

describe('the life of a session', () => {
  for (const state of SESSION_STATES) {
    for (const event of SESSION_EVENTS) {
      const to = ALLOWED.find(([from, by]) => from === state && by === event)?.[2];
      it(`${event} from ${state} ${to === undefined ? 'is refused' : `leads to ${to}`}`, () => {
        const result = nextState(state, event);
        if (to !== undefined) {
          assert.deepEqual(result, ok(to));
          return;
        }
        assert.ok(!result.ok);
        assert.equal(result.error.code, 'SESSION_TRANSITION');
        assert.deepEqual([result.error.state, result.error.event], [state, event]);
        for (const possible of possibleEvents(state)) assert.ok(result.error.message.includes(possible));
      });
    }
  }

  it('ends settled, voided or expired, and nowhere else', () => {
    assert.deepEqual(SESSION_STATES.filter(isFinal), ['settled', 'voided', 'expired']);
  });

  it('reaches settled only through closed, invoiced and accepted, whatever happens on the way', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...SESSION_EVENTS), { maxLength: 60 }), (events) => {
        const visited = new Set<SessionState>(['opened']);
        let state: SessionState = 'opened';
        for (const event of events) {
          const next = nextState(state, event);
          if (next.ok) state = next.value;
          visited.add(state);
        }
        if (state === 'settled') {
          for (const needed of ['closed', 'invoiced', 'accepted'] as const) assert.ok(visited.has(needed));
        }
        if (state === 'expired') assert.deepEqual([...visited], ['opened', 'expired']);
      }),
    );
  });
});
