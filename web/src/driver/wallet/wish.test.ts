import assert from 'node:assert/strict';
import { offlineQuoteRequest } from '@roamgrid/wire';
import { z } from 'zod';
import { keyOf, type Place } from '../booking/wish.ts';
import { askableWh, leftOf, type KeptToken } from './kept.ts';
import { amountOf } from './review.ts';
import { QUARTER_MS, type Booked } from './slots.ts';
import { askedFor, firstDraft, startsOf, type Draft } from './wish.ts';

/** Noon and seven minutes of this machine's own day. */
const NOW = new Date(2026, 10, 30, 12, 7).getTime();
const NOON = new Date(2026, 10, 30, 12).getTime();
const EVSE_ID = 'US*DUK*EXEAL1';
const PLACE: Place = {
  ...{ vun: 'USDUK', stationId: 's1', name: 'Deck', address: '1 Main Street', timeZone: 'America/New_York' },
  outlets: [{ evseId: EVSE_ID, maxPowerW: '22000' }],
};
const draftOf = (changes: Partial<Draft> = {}): Draft => ({
  ...firstDraft(),
  ...{ place: keyOf(PLACE), evseId: EVSE_ID, cinRef: 'a'.repeat(64), ...changes },
});
const askedOf = (changes: Partial<Draft> = {}, booked: readonly Booked[] = []) => {
  const made = askedFor(draftOf(changes), [PLACE], booked, NOW);
  assert.ok('request' in made, JSON.stringify(made));
  return z.decode(offlineQuoteRequest, { ...made.request, requestId: 'r1' });
};
const faultsOf = (changes: Partial<Draft>, booked: readonly Booked[] = []) => {
  const made = askedFor(draftOf(changes), [PLACE], booked, NOW);
  return 'faults' in made ? made.faults : [];
};
const reserved = (from: number, until: number): Booked => ({
  ...{
    evseId: EVSE_ID,
    state: 'granted',
    fromMs: NOON + from * QUARTER_MS,
    untilMs: NOON + until * QUARTER_MS,
  },
});

describe('what a driver asks a token for', () => {
  it('is whole quarters of an hour from now on, as the wire has it', () => {
    const { fromMs, untilMs, energyWh, sessions } = askedOf({ hours: '2', kWh: '7,5' });
    assert.deepEqual([fromMs - NOON, untilMs - NOON], [0, 9 * QUARTER_MS]);
    assert.deepEqual([energyWh, sessions], [7_500n, 1]);
  });

  it('says which field is wrong, and how', () => {
    assert.deepEqual(faultsOf({}), []);
    assert.deepEqual(faultsOf({ place: '', kWh: '0' }), ['no-place', 'no-energy']);
    assert.deepEqual(faultsOf({ evseId: '', kWh: '200.001' }), ['no-outlet', 'no-energy']);
    assert.deepEqual(faultsOf({ when: 'today' }), ['no-start']);
    assert.deepEqual(faultsOf({ when: 'today', start: String(NOON - 4 * QUARTER_MS) }), ['no-start']);
  });

  it('later is today’s quarters that are left, or tomorrow’s; at an outlet that he reserved that day his own alone', () => {
    const startsAt = (when: Draft['when'], booked: readonly Booked[] = []) =>
      startsOf({ when, evseId: EVSE_ID }, booked, NOW).map((ms) => (ms - NOON) / QUARTER_MS);
    assert.equal(startsAt('today')[0], 1);
    assert.equal(startsAt('today').length, 47);
    assert.equal(startsAt('tomorrow').length, 96);
    assert.deepEqual(startsAt('today', [reserved(4, 6)]), [4, 5]);
    assert.equal(startsAt('tomorrow', [reserved(4, 6)]).length, 96);
    const within = askedOf({ when: 'today', start: String(NOON + 5 * QUARTER_MS), hours: '3' }, [
      reserved(4, 6),
    ]);
    assert.deepEqual([within.fromMs - NOON, within.untilMs - NOON], [5 * QUARTER_MS, 6 * QUARTER_MS]);
    assert.deepEqual(faultsOf({}, [reserved(4, 6)]), ['outside-booking']);
    assert.equal(askedOf({}, [reserved(0, 2)]).untilMs, NOON + 2 * QUARTER_MS);
  });

  it('costs what was typed, above zero and no more than can come of it', () => {
    assert.equal(amountOf(' 2,4 ', 3_200_000n), 2_400_000n);
    assert.equal(amountOf('3.2', 3_200_000n), 3_200_000n);
    for (const none of ['', '0', '3.200001', '-1', '1e3', '1.0000001'])
      assert.equal(amountOf(none, 3_200_000n), undefined, none);
  });

  it('asks the charger for no more than its money pays', () => {
    const price = { microsPerKWh: '320000', microsPerHour: '0', microsPerSession: '500000' };
    const token = { tokenId: 't', energyWh: '10000', costMicros: '2400000', sessions: 1, price } as KeptToken;
    assert.equal(askableWh(token, leftOf(token, [])), 5_937n);
    const free = { ...token, price: { ...price, microsPerKWh: '0' } };
    assert.equal(askableWh(free, leftOf(free, [])), 10_000n);
  });
});
