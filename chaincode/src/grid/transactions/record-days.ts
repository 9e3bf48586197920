import { DAY_MS, dayOf, SLOT_MS } from '@roamgrid/domain/flexibility';
import {
  bodyHash,
  flexDayBody,
  flexDayRecord,
  flexUntilRecord,
  meterPublicKey,
  privateKey,
  stateKey,
  twoWayReadings,
  verifyOcmf,
  type FlexDayBody,
  type FlexHouseBody,
  type gridCommands,
} from '@roamgrid/wire';
import { getDealing, openTerms, putBodies } from '../../consortium/agreement.ts';
import { ensure, refuse, type Transaction, type Verb, zip } from '../../context/index.ts';
import { flexibilityOf, openDays, openHouse, requireParty, requireRecordedDay } from '../flexibility.ts';

/** Refuses a day that its house's meter did not sign, register by register. */
const requireSigned = ({ meterId, meterKey }: FlexHouseBody, day: FlexDayBody, statement: string): void => {
  const { dayMs, importMilliWh, exportMilliWh, statementHash } = day;
  const what = `the day at ${dayMs}`;
  ensure(bodyHash(statement) === statementHash, 'HASH_MISMATCH', `${what} has another statement`);
  const opened = verifyOcmf(statement, meterPublicKey(meterKey));
  if (!opened.ok) return refuse('BAD_SIGNATURE', `${what}: ${opened.error.code}: ${opened.error.message}`);
  ensure(
    opened.value.meterSerial === meterId,
    'BAD_SIGNATURE',
    `${what} is of meter ${opened.value.meterSerial}`,
  );
  const readings = twoWayReadings(opened.value);
  if (!readings.ok) return refuse('BAD_SIGNATURE', `${what}: ${readings.error.message}`);
  ensure(
    readings.value.length === importMilliWh.length,
    'SEQUENCE_GAP',
    `${what} has ${readings.value.length} signed instants, not ${importMilliWh.length}`,
  );
  for (const [at, signed] of readings.value.entries()) {
    ensure(
      signed.atMs === dayMs + at * SLOT_MS,
      'SEQUENCE_GAP',
      `${what}: instant ${at} is at ${signed.atMs}`,
    );
    ensure(
      signed.importMilliWh === importMilliWh[at] && signed.exportMilliWh === exportMilliWh[at],
      'CDR_MISMATCH',
      `${what}: the registers at ${signed.atMs} are not those that the meter signed`,
    );
  }
};

/** Refuses registers that go back. */
const requireAscending = (registers: readonly bigint[], what: string): void => {
  for (const [at, register] of registers.entries())
    ensure(
      at === 0 || register >= (registers[at - 1] ?? 0n),
      'OVERLAP',
      `${what} goes back at its quarter-hour ${at}: registers only grow`,
    );
};

/** Transient `before`: the day that the first one has to follow, when one is recorded. */
const openBefore = async (tx: Transaction, houseId: string, untilMs: number | undefined) => {
  if (untilMs === undefined) return undefined;
  const before = await requireRecordedDay(tx, houseId, tx.transient(flexDayBody, 'before'));
  ensure(before.dayMs + DAY_MS === untilMs, 'SEQUENCE_GAP', `${houseId} is recorded until ${untilMs}`);
  return before;
};

/**
 * Records days of a house's meter, each once and each behind the one before it: what is recorded before an event is called is what its baseline is
 * made of, so a day that was left out, told later or told otherwise would show.
 */
export const recordDays: Verb<typeof gridCommands.recordDays> = async (tx, command) => {
  const { houseId, agreementId, vun, hun, count } = command;
  const dealing = await getDealing(tx, command);
  const { endorsers } = dealing;
  requireParty(tx, dealing, ['aaa']);
  const rules = flexibilityOf(openTerms(tx, dealing.agreement));
  const house = await openHouse(tx, command);
  const days = openDays(tx.transientTexts('days', count).texts);
  const statements = tx.transientTexts('statements', count);
  const [first] = days;
  const bodies: [string, string][] = [
    [privateKey.flexStatements(houseId, first?.value.dayMs ?? 0), statements.text],
  ];
  const key = stateKey.flexUntil(houseId);
  const until = await tx.find(flexUntilRecord, key);
  let before = await openBefore(tx, houseId, until?.untilMs);
  for (const [{ value: day, hash, text }, statement] of zip(days, statements.texts)) {
    const { dayMs, importMilliWh, exportMilliWh } = day;
    const what = `the day at ${dayMs}`;
    ensure(day.houseId === houseId, 'INVALID_ARGUMENT', `${what} is of another house`);
    ensure(
      dayOf(dayMs, rules) === dayMs,
      'INVALID_ARGUMENT',
      `${what} does not begin at the agreement's midnight`,
    );
    tx.notInFuture(dayMs + DAY_MS, `the end of ${what}`);
    requireSigned(house, day, statement);
    requireAscending(importMilliWh, `${what}: the import register`);
    requireAscending(exportMilliWh, `${what}: the export register`);
    if (before !== undefined) {
      ensure(
        dayMs === before.dayMs + DAY_MS,
        dayMs > before.dayMs ? 'SEQUENCE_GAP' : 'OVERLAP',
        `${what} does not follow the day at ${before.dayMs}`,
      );
      ensure(
        importMilliWh[0] === before.importMilliWh.at(-1) && exportMilliWh[0] === before.exportMilliWh.at(-1),
        'CDR_MISMATCH',
        `${what} begins with other registers than the day before it ended with`,
      );
    }
    tx.put(
      flexDayRecord,
      stateKey.flexDay(houseId, dayMs),
      {
        type: 'flexDay',
        version: 1,
        ...{ houseId, agreementId, vun, hun, dayMs, bodyHash: hash },
        recordedAtMs: tx.nowMs,
      },
      { endorsers, ofItem: true },
    );
    bodies.push([privateKey.flexDay(houseId, dayMs), text]);
    before = day;
  }
  const untilMs = (before?.dayMs ?? 0) + DAY_MS;
  const version = (until?.version ?? 0) + 1;
  tx.put(flexUntilRecord, key, { type: 'flexUntil', version, houseId, untilMs }, { endorsers });
  putBodies(tx, dealing, bodies);
};
