import assert from 'node:assert/strict';
import { TAMPER_EVENTS, type TamperEvent } from '@roamgrid/wire';
import { by, call, HOUR_MS, NOW_MS, STATION_ID } from '../../testing/parties.ts';
import { amend, but, withGroundwork } from '../../testing/prepared.ts';
import { tamperAt, tampering } from '../../testing/tampering.ts';

const [first, second, third] = [tamperAt('a', 30), tamperAt('b', 20), tamperAt('c', 10)];
const keyOf = ({ eventId }: TamperEvent): string => `tamper:USDUK:${STATION_ID}:${eventId}`;
const COUNT = `tamperCount:USDUK:${STATION_ID}`;

describe('grid.recordTampering', () => {
  it('records each event once and numbers them as the ledger heard of them, whatever is told again', async () => {
    const ledger = await withGroundwork();
    const { writes } = await ledger.submit(call(tampering('t1', [first, third])));
    assert.deepEqual(writes.public[keyOf(first)], {
      ...{ type: 'tamper', version: 1, utilityId: 'USDUK', siteId: STATION_ID, number: 1 },
      ...first,
      recordedAtMs: NOW_MS,
    });
    // One that a device could not tell of before, among those that are recorded.
    const later = await ledger.submit(call(tampering('t2', [first, second, third])));
    const numbered = Object.entries(later.writes.public).map(([key, value]) => [
      key,
      (value as { number?: number }).number,
    ]);
    assert.deepEqual(
      numbered.filter(([, number]) => number !== undefined),
      [[keyOf(second), 3]],
    );
    assert.equal((later.writes.public[COUNT] as { count: number }).count, 3);
    const again = await ledger.submit(call(tampering('t3', [first, second, third])));
    assert.deepEqual(Object.keys(again.writes.public), ['command:DukeEnergyMSP:t3']);
    const asked = await ledger.submit({
      ...{ caller: by('USALP', 'auditor'), verb: 'grid.getTampering', nowMs: NOW_MS },
      command: { utilityId: 'USDUK', siteId: STATION_ID, eventId: second.eventId },
    });
    assert.equal((asked.answer as { number: number }).number, 3);
  });

  it('refuses another’s site, what is to come, what is out of order, and what was told otherwise before', async () => {
    const ledger = await withGroundwork();
    await ledger.submit(call(tampering('t1', [first, second])));
    const told = tampering('t2', [third]);
    const events = (...given: readonly TamperEvent[]) => ({
      command: { events: given.map((event) => ({ ...event })) },
    });
    const cases = [
      ['ok', {}],
      ['FORBIDDEN', { caller: by('USALP', 'aaa') }],
      ['FORBIDDEN', { caller: by('USDUK', 'operator') }],
      ['NOT_FOUND', { command: { siteId: 'duk-9' } }],
      ['NOT_FOUND', { command: { utilityId: 'USXXX' } }],
      ['CLOCK_SKEW', events(tamperAt('d', -6))],
      ['INVALID_ARGUMENT', events(third, tamperAt('d', 11))],
      ['INVALID_ARGUMENT', events(third, third)],
      ['INVALID_ARGUMENT', events()],
      [
        'INVALID_ARGUMENT',
        events(...Array.from({ length: TAMPER_EVENTS + 1 }, (_, at) => tamperAt(`e${at}`, 1_000 - at))),
      ],
      ['INVALID_ARGUMENT', { command: { events: [{ ...third, badge: 'b-7' }] } }],
      ['CONFLICT', events({ ...second, atMs: second.atMs - HOUR_MS })],
      ['CONFLICT', events({ ...second, deviceId: 'gate-2' })],
    ] as const;
    for (const [at, [code, change]] of cases.entries())
      assert.equal(await ledger.refusal(but(told, change)), code, at.toString());
    amend(ledger, 'utility:USDUK', { status: 'suspended' });
    assert.equal(await ledger.refusal(call(told)), 'WRONG_STATE');
  });
});
