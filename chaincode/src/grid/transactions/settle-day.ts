import { DAY_MS, settleDay as linesOf, type CalledEvent, type MeterDay } from '@roamgrid/domain/flexibility';
import {
  canonicalText,
  flexDayRecord,
  flexEventBody,
  flexEventRecord,
  flexibilityLine,
  flexSettlementBody,
  flexSettlementRecord,
  privateKey,
  stateKey,
  type FlexEventRecord,
  type gridCommands,
} from '@roamgrid/wire';
import { z } from 'zod';
import { getDealing, openTerms, putBodies, type Pair } from '../../consortium/agreement.ts';
import { ensure, parseJson, refuse, type Transaction, type Verb, zip } from '../../context/index.ts';
import { open } from '../../context/parse.ts';
import {
  flexibilityOf,
  isOfPair,
  openDays,
  openHouse,
  requireParty,
  requireRecordedDay,
} from '../flexibility.ts';

/** How far back baselines look, with a day more for events that touch the first. */
const LOOK_BACK_MS = 46 * DAY_MS;
const lineTexts = z.array(flexibilityLine);

/** Events that the settlement may stand on: those of the day with what they called for, those before it by their times. */
const readEvents = async (
  tx: Transaction,
  { agreementId, vun, hun }: Pair,
  dayMs: number,
  count: number,
): Promise<readonly CalledEvent[]> => {
  const keyAt = (atMs: number) => stateKey.flexEvent(agreementId, vun, hun, atMs);
  const records = await tx.range(
    flexEventRecord,
    keyAt(Math.max(0, dayMs - LOOK_BACK_MS)),
    keyAt(dayMs + DAY_MS),
  );
  const earlier = records.filter(({ fromMs }) => fromMs < dayMs);
  const own = records.filter(({ fromMs }) => fromMs >= dayMs);
  ensure(
    own.length === count,
    'INVALID_ARGUMENT',
    `${own.length} events were called for the day, not ${count}`,
  );
  const texts = count === 0 ? [] : tx.transientTexts('events', count).texts;
  const called = (record: FlexEventRecord, reductionW: bigint): CalledEvent => {
    const { eventId, fromMs, untilMs, calledAtMs } = record;
    return { eventId, fromMs, untilMs, calledAtMs, reductionW };
  };
  return [
    ...earlier.map((record) => called(record, 0n)),
    ...[...zip(own, texts)].map(([record, text]) => {
      const { value, hash } = open(flexEventBody, parseJson(text, 'an event'), 'events');
      ensure(
        hash === record.bodyHash,
        'HASH_MISMATCH',
        `what travels of event ${record.eventId} is not what was called`,
      );
      return called(record, value.reductionW);
    }),
  ];
};

/** Settles a day of a house once: the contract works out each line from what was recorded and called before. */
export const settleDay: Verb<typeof gridCommands.settleDay> = async (tx, command) => {
  const { houseId, dayMs, agreementId, vun, hun } = command;
  const dealing = await getDealing(tx, command);
  requireParty(tx, dealing, ['aaa']);
  const terms = openTerms(tx, dealing.agreement);
  const house = await openHouse(tx, command);
  const key = stateKey.flexSettlement(houseId, dayMs);
  await tx.requireAbsent(key);
  const { value: body, hash, text } = tx.transient(flexSettlementBody, 'body');
  ensure(hash === command.bodyHash, 'HASH_MISMATCH', 'the body does not hash to bodyHash');
  ensure(
    body.houseId === houseId &&
      body.dayMs === dayMs &&
      isOfPair(body, command) &&
      body.cinRef === house.cinRef,
    'INVALID_ARGUMENT',
    'the body names another house, day, card, pair or agreement',
  );
  ensure(body.currency === terms.currency, 'OUTSIDE_AGREEMENT', `the agreement is in ${terms.currency}`);

  const days = new Map<number, MeterDay>();
  for (const opened of openDays(tx.transientTexts('days', command.days).texts)) {
    const day = await requireRecordedDay(tx, houseId, opened);
    days.set(day.dayMs, day);
  }
  const dayAt = (atMs: number): MeterDay =>
    days.get(atMs) ?? refuse('INVALID_ARGUMENT', `the day at ${atMs} is needed and does not travel`);
  const recorded = await tx.range(
    flexDayRecord,
    stateKey.flexDay(houseId, Math.max(0, dayMs - LOOK_BACK_MS)),
    stateKey.flexDay(houseId, dayMs),
  );
  const events = await readEvents(tx, command, dayMs, command.events);
  const lines = linesOf({
    terms: flexibilityOf(terms),
    day: dayAt(dayMs),
    recorded,
    events,
    dayAt,
  });
  ensure(
    lines.length > 0,
    'WRONG_STATE',
    `${houseId} gave nothing on the day at ${dayMs}, and no event was called`,
  );
  const found = canonicalText(lineTexts, [...lines]);
  ensure(canonicalText(lineTexts, body.lines) === found, 'CDR_MISMATCH', `the day comes to ${found}`);
  const total = lines.reduce((sum, { micros }) => sum + micros, 0n);
  ensure(body.totalMicros === total, 'NOT_BALANCED', `the lines come to ${total} micros`);
  tx.put(
    flexSettlementRecord,
    key,
    {
      type: 'flexSettlement',
      version: 1,
      ...{ houseId, agreementId, vun, hun, dayMs, bodyHash: hash },
      settledAtMs: tx.nowMs,
    },
    { endorsers: dealing.endorsers },
  );
  putBodies(tx, dealing, [[privateKey.flexSettlement(houseId, dayMs), text]]);
};
