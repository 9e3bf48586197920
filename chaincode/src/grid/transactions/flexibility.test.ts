import assert from 'node:assert/strict';
import type { JsonValue } from '@roamgrid/wire';
import {
  CALLED_FOR,
  eventCall,
  EVENT,
  EVENT_DAY_MS,
  flexibilityCharge,
  OVER_MS,
  TestHouse,
  USUAL,
  type Load,
} from '../../testing/flexibility.ts';
import { by, call, DAY_MS, HOUR_MS, KEYS, makeKey, MONTH, MSP, station } from '../../testing/parties.ts';
import { but, withGroundwork } from '../../testing/prepared.ts';
import { BOTH } from '../../testing/reserved.ts';

type Ledger = Awaited<ReturnType<typeof withGroundwork>>;

/** A house that is enrolled, with its days before the event recorded and the event called. */
const prepared = async (load?: (at: number) => Load, count = 14) => {
  const ledger = await withGroundwork();
  const house = new TestHouse('h1');
  await ledger.submit(call(house.enrol()));
  const usual = house.usual(count, load);
  await ledger.submit(call(house.record(usual)));
  const event = eventCall();
  await ledger.submit(call(event.call));
  return { ledger, house, event };
};

const recorded = async (ledger: Ledger, house: TestHouse, load: Load) => {
  const before = house.days.at(-1);
  const day = house.day(EVENT_DAY_MS, load);
  await ledger.submit(call(house.record([day], { nowMs: OVER_MS, before })));
};

describe('flexibility of a house', () => {
  it('is settled by what its meter signed, line by line, and charged once by its customer’s utility', async () => {
    const { ledger, house, event } = await prepared();
    await recorded(ledger, house, CALLED_FOR);
    const told = house.settlement({ events: [event] });
    const { writes } = await ledger.submit(call(told.call));
    const days = { days: 10, baselineWh: 2_000n, takenWh: 200n, adjustmentPpm: 1_000_000n };
    assert.deepEqual(told.body.lines, [
      { line: 'DR', eventId: 'e1', ...days, energyWh: 1_800n, micros: 360_000n },
      { line: 'V2G', eventId: 'e1', energyWh: 4_200n, micros: 1_050_000n },
      { line: 'EXPORT', energyWh: 600n, micros: 60_000n },
    ]);
    const key = `flexSettlement:h1:${EVENT_DAY_MS.toString().padStart(14, '0')}`;
    const record = writes.public[key] as Record<string, JsonValue>;
    assert.deepEqual([record['vun'], record['hun'], writes.endorsers[key]], ['USDUK', 'USALP', BOTH]);
    assert.equal(record['cinRef'], undefined, 'whose it is stays with the two');
    assert.equal(await ledger.refusal(call(told.call)), 'CONFLICT', 'a day is settled once');

    const charge = flexibilityCharge('c1', told);
    const charged = await ledger.submit(call(charge));
    const payable = charged.writes.private[`_implicit_org_${MSP.USDUK}/payable:c1`] as Record<string, string>;
    assert.equal(payable['payableMicros'], '1470000');
    const period = charged.writes.public[`pairPeriod:${MONTH}:USALP:USDUK`] as {
      pending: string[];
    };
    assert.deepEqual(period.pending, ['charge:c1']);
    assert.equal(await ledger.refusal(call(flexibilityCharge('c2', told))), 'WRONG_STATE');
  });

  it('refuses events that began, overlap, are cut or of another utility’s grid', async () => {
    const ledger = await withGroundwork();
    const later = { fromMs: EVENT.fromMs + HOUR_MS, untilMs: EVENT.untilMs + HOUR_MS };
    await ledger.submit(call(eventCall().call));
    const midnight = { fromMs: EVENT.untilMs, untilMs: EVENT_DAY_MS + DAY_MS + HOUR_MS };
    const uneven = { fromMs: EVENT.untilMs + 1, untilMs: EVENT.untilMs + HOUR_MS };
    const next = { fromMs: EVENT.untilMs, untilMs: EVENT.untilMs + HOUR_MS };
    const cases = [
      ['OVERLAP', eventCall('e2', later).call],
      ['OVERLAP', eventCall('e2').call],
      ['INVALID_ARGUMENT', eventCall('e2', midnight).call],
      ['INVALID_ARGUMENT', eventCall('e2', uneven).call],
      ['EXPIRED', eventCall('e2', next, { nowMs: EVENT.untilMs }).call],
      ['FORBIDDEN', { ...eventCall('e2', next).call, caller: by('USALP', 'operator') }],
      ['ok', eventCall('e2', next).call],
    ] as const;
    for (const [at, [code, told]] of cases.entries())
      assert.equal(await ledger.refusal(call(told)), code, at.toString());
  });

  it('refuses days that its meter did not sign, that go back, are left out, or are not over', async () => {
    const ledger = await withGroundwork();
    const house = new TestHouse('h1');
    await ledger.submit(call(house.enrol()));
    const [first] = house.usual(1);
    assert.ok(first);
    await ledger.submit(call(house.record([first])));
    const good = house.day(EVENT_DAY_MS);
    const { importMilliWh, exportMilliWh } = good.body;
    const options = { nowMs: OVER_MS, before: first };
    const fresh = () => {
      const other = new TestHouse('h1', house.meter);
      other.usual(1);
      return other;
    };
    const foreign = fresh().day(EVENT_DAY_MS, USUAL, {}, makeKey('another'));
    const more = fresh().day(EVENT_DAY_MS, USUAL, {
      importMilliWh: importMilliWh.map((each) => each + 1n),
    });
    const back = fresh().day(EVENT_DAY_MS, (slot) => [slot === 9 ? -1n : 250n, 0n]);
    const jumped = new TestHouse('h1', house.meter).day(EVENT_DAY_MS);
    const skipped = fresh().day(EVENT_DAY_MS + DAY_MS);
    const uneven = fresh().day(EVENT_DAY_MS + HOUR_MS);
    const cases = [
      ['BAD_SIGNATURE', house.record([foreign], options)],
      ['CDR_MISMATCH', house.record([more], options)],
      ['OVERLAP', house.record([back], options)],
      ['CDR_MISMATCH', house.record([jumped], options)],
      ['SEQUENCE_GAP', house.record([skipped], { ...options, nowMs: OVER_MS + DAY_MS })],
      ['INVALID_ARGUMENT', house.record([uneven], { ...options, nowMs: OVER_MS + DAY_MS })],
      ['OVERLAP', house.record([first], options)],
      ['INVALID_ARGUMENT', house.record([good], { nowMs: OVER_MS })],
      ['CLOCK_SKEW', house.record([good], { ...options, nowMs: EVENT.fromMs })],
      ['FORBIDDEN', { ...house.record([good], options), caller: by('USGPC', 'aaa') }],
      ['ok', house.record([good], options)],
    ] as const;
    for (const [at, [code, told]] of cases.entries())
      assert.equal(await ledger.refusal(call(told)), code, at.toString());
    assert.equal(exportMilliWh.length, 97);
  });

  it('is of a meter that bills no session, and a meter of one house', async () => {
    const ledger = await withGroundwork();
    const house = new TestHouse('h1');
    await ledger.submit(call(house.enrol()));
    assert.equal(await ledger.refusal(call(new TestHouse('h2', house.meter).enrol())), 'CONFLICT');
    assert.equal(await ledger.refusal(call(new TestHouse('h3', KEYS.meter).enrol())), 'CONFLICT');
    const evse = {
      evseId: 'US*DUK*E0009*1',
      meterId: 'm',
      meterKey: { ...house.meter.jwk },
      maxPowerW: '1',
    };
    const told = { ...station(), stationId: 'another', evses: [evse] };
    const register = {
      caller: by('USDUK', 'operator'),
      verb: 'consortium.registerStation',
      command: { station: told },
    };
    assert.equal(await ledger.refusal(call(register)), 'CONFLICT');
  });

  it('pays no more for use that was raised before an event than the agreed cap moves its baseline', async () => {
    const { ledger, house, event } = await prepared();
    // Twice the usual use from 14:00 to 17:00.
    await recorded(ledger, house, (slot) => (slot >= 56 && slot < 68 ? [500n, 0n] : CALLED_FOR(slot)));
    const told = house.settlement({ events: [event] });
    const [line] = told.body.lines;
    assert.ok(line?.line === 'DR');
    assert.deepEqual([line.adjustmentPpm, line.baselineWh, line.energyWh], [1_200_000n, 2_400n, 2_000n]);
    assert.equal(await ledger.refusal(call(told.call)), 'ok', 'and no more than was called for');
  });

  it('pays neither for energy that was bought and given back in one quarter-hour, nor as baseline', async () => {
    const cycling: Load = (slot) => (slot >= 72 && slot < 80 ? [1_250n, 1_000n] : [250n, 0n]);
    const { ledger, house, event } = await prepared(() => cycling);
    await recorded(ledger, house, (slot) => (slot >= 76 && slot < 80 ? [1_050n, 2_100n] : CALLED_FOR(slot)));
    const told = house.settlement({ events: [event] });
    const [reduction, v2g] = told.body.lines;
    assert.ok(reduction?.line === 'DR');
    assert.deepEqual([reduction.baselineWh, v2g?.energyWh], [2_000n, 4_200n]);
    assert.equal(await ledger.refusal(call(told.call)), 'ok');
  });

  it('has no baseline of days that were not recorded when the event was called, nor of too few', async () => {
    const ledger = await withGroundwork();
    const house = new TestHouse('h1');
    await ledger.submit(call(house.enrol()));
    const event = eventCall();
    const usual = house.usual(14);
    const early = usual.slice(0, 9);
    await ledger.submit(call(house.record(early)));
    await ledger.submit(call(event.call));
    // The latest five days are told after the call.
    await ledger.submit(call(house.record(usual.slice(9), { nowMs: OVER_MS, before: early.at(-1) })));
    await recorded(ledger, house, CALLED_FOR);
    assert.equal(
      await ledger.refusal(call(house.settlement({ events: [event] }).call)),
      'CDR_MISMATCH',
      'as if they had been recorded before',
    );
    const nothing = {
      days: 0,
      baselineWh: 0n,
      adjustmentPpm: 1_000_000n,
      energyWh: 0n,
      micros: 0n,
    };
    const late = house.settlement({
      events: [event],
      lines: ([line, ...lines]) =>
        line?.line === 'DR' ? [{ ...line, ...nothing, without: 'READINGS_LATE' }, ...lines] : lines,
    });
    assert.equal(await ledger.refusal(call(late.call)), 'ok');

    const few = await prepared(undefined, 3);
    await recorded(few.ledger, few.house, CALLED_FOR);
    const told = few.house.settlement({ events: [few.event] });
    const [line] = told.body.lines;
    assert.ok(line?.line === 'DR');
    assert.deepEqual([line.without, line.micros], ['TOO_FEW_DAYS', 0n]);
    await few.ledger.submit(call(told.call));
    const note = flexibilityCharge('c1', told);
    assert.equal(await few.ledger.refusal(call(note)), 'ok', 'what it gave is paid all the same');
  });

  it('comes to what the contract works out, by the house’s own meter, days and events', async () => {
    const { ledger, house, event } = await prepared();
    await recorded(ledger, house, CALLED_FOR);
    const other = new TestHouse('h2');
    await ledger.submit(call(other.enrol()));
    const events = [event];
    const good = house.settlement({ events });
    const dearer = house.settlement({
      events,
      lines: (lines) => lines.map((line) => ({ ...line, micros: line.micros + 1n })),
    });
    const withoutDays = house.settlement({ events, days: house.days.slice(-4) });
    const withoutEvent = house.settlement({ lines: (lines) => lines });
    const another = eventCall('e1', EVENT, { reductionW: 9_000n });
    const cases = [
      ['CDR_MISMATCH', dearer.call],
      ['NOT_BALANCED', house.settlement({ events, body: { totalMicros: 1n } }).call],
      ['OUTSIDE_AGREEMENT', house.settlement({ events, body: { currency: 'EUR' } }).call],
      ['INVALID_ARGUMENT', house.settlement({ events, body: { cinRef: 'ab'.repeat(32) } }).call],
      ['INVALID_ARGUMENT', withoutEvent.call],
      ['HASH_MISMATCH', house.settlement({ events: [another] }).call],
      ['CDR_MISMATCH', house.settlement({ events, body: { lines: good.body.lines.slice(1) } }).call],
      ['FORBIDDEN', { ...good.call, caller: by('USGPC', 'aaa') }],
      ['FORBIDDEN', { ...good.call, caller: by('USALP', 'station') }],
      ['INVALID_ARGUMENT', withoutDays.call],
    ] as const;
    for (const [at, [code, told]] of cases.entries())
      assert.equal(await ledger.refusal(call(told)), code, at.toString());
    assert.equal(await ledger.refusal(but(good.call, { command: { houseId: 'h9' } })), 'NOT_FOUND');
    assert.equal(await ledger.refusal(but(good.call, { command: { houseId: 'h2' } })), 'HASH_MISMATCH');
    await ledger.submit(call(good.call));
    assert.equal(
      await ledger.refusal(call(flexibilityCharge('c1', good, (micros) => micros + 1n))),
      'CDR_MISMATCH',
    );
  });
});
