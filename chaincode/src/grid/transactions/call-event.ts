import { DAY_MS, dayOf, SLOT_MS } from '@roamgrid/domain/flexibility';
import {
  flexCalledRecord,
  flexEventBody,
  flexEventRecord,
  privateKey,
  stateKey,
  type gridCommands,
} from '@roamgrid/wire';
import { getDealing, openTerms, putBodies, requireInForce } from '../../consortium/agreement.ts';
import { requireActive } from '../../consortium/registry.ts';
import { ensure, requireMember, type Verb } from '../../context/index.ts';
import { flexibilityOf, isOfPair } from '../flexibility.ts';

/** The utility whose grid it is calls for less, before it begins and once: what was called, when and for how much stands before anybody reacts. */
export const callEvent: Verb<typeof gridCommands.callEvent> = async (tx, command) => {
  const { eventId, agreementId, vun, hun, fromMs, untilMs, bodyHash } = command;
  const dealing = await getDealing(tx, command);
  const { endorsers } = dealing;
  requireMember(tx.caller, dealing.vun, ['grid-operator', 'operator', 'aaa']);
  requireActive(tx, dealing.vun);
  requireInForce(dealing.agreement, fromMs);
  const rules = flexibilityOf(openTerms(tx, dealing.agreement));
  const { value: event, hash, text } = tx.transient(flexEventBody, 'event');
  ensure(hash === bodyHash, 'HASH_MISMATCH', 'the event does not hash to bodyHash');
  ensure(
    event.eventId === eventId &&
      event.fromMs === fromMs &&
      event.untilMs === untilMs &&
      isOfPair(event, command),
    'INVALID_ARGUMENT',
    'the body names another event, time, pair or agreement',
  );
  ensure(tx.nowMs < fromMs, 'EXPIRED', `event ${eventId} began at ${fromMs}: it is called before it begins`);
  const dayMs = dayOf(fromMs, rules);
  ensure(
    fromMs < untilMs &&
      untilMs <= dayMs + DAY_MS &&
      (fromMs - dayMs) % SLOT_MS === 0 &&
      (untilMs - dayMs) % SLOT_MS === 0,
    'INVALID_ARGUMENT',
    'an event is of whole quarter-hours of one day',
  );
  const key = stateKey.flexCalled(agreementId, vun, hun);
  const called = await tx.find(flexCalledRecord, key);
  ensure(
    called === undefined || called.untilMs <= fromMs,
    'OVERLAP',
    `events are called until ${called?.untilMs ?? 0} already: one follows another`,
  );
  const common = { agreementId, vun, hun, untilMs };
  const version = (called?.version ?? 0) + 1;
  tx.put(flexCalledRecord, key, { type: 'flexCalled', version, ...common }, { endorsers });
  tx.put(
    flexEventRecord,
    stateKey.flexEvent(agreementId, vun, hun, fromMs),
    { type: 'flexEvent', version: 1, eventId, ...common, fromMs, bodyHash, calledAtMs: tx.nowMs },
    { endorsers },
  );
  putBodies(tx, dealing, [[privateKey.flexEvent(agreementId, vun, hun, fromMs), text]]);
};
