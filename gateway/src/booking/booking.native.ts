/** Reservations on Fabric's own peers, whose slots have policies of their own. Run by `npm run test:native -w gateway`. */
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { chargeRunAnswer, reservationPage, shownReservation } from '@roamgrid/wire';
import { testNow } from '../testing/clock.ts';
import { gatewayRig, until, type GatewayRig } from '../testing/gateway-rig.ts';
import { startAt } from '../testing/session-driver.ts';
import type { StationPeer } from '../testing/station-peer.ts';
import { askFor, wishOf } from '../testing/wishes.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const STATION = 'bk-native';
const EVSE = 'US*DUK*EBKNATIVE*1';

describe('reservations on a native ledger', function () {
  this.timeout(180_000);
  let rig: GatewayRig;
  let station: StationPeer;

  before(async () => {
    rig = await gatewayRig('booking_native', { booking: { lookEvery: 200, gather: 50 } });
    const evses = [{ evseId: EVSE, meterId: 'M-native-1' }];
    station = await rig.register({ stationId: STATION, group: 'bk', evses });
  });
  after(() => rig.close());

  const span = (aheadMs: number) => {
    const fromMs = testNow() + aheadMs;
    return { fromMs, untilMs: fromMs + HOUR_MS };
  };
  const ask = (aheadMs: number) => askFor(rig, rig.duke, wishOf({ stationId: STATION, ...span(aheadMs) }));
  const book = async (aheadMs: number): Promise<string> => {
    const answer = await ask(aheadMs);
    assert.ok(answer.outcome === 'booked', inspect(answer));
    return answer.reservation.record.reservationId;
  };
  const stateOf = async (reservationId: string, state: string) => {
    const { body } = await rig.alabama.ask('aaa', 'GET', '/internal/v1/reservations?role=hun&limit=500');
    const { items } = reservationPage.parse(body);
    const found = items.find(({ record }) => record.reservationId === reservationId)?.record.state;
    return found === state || undefined;
  };
  const cancel = async (reservationId: string) => {
    const path = `/internal/v1/reservations/${reservationId}/cancel`;
    const { status, body } = await rig.alabama.ask('aaa', 'POST', path);
    assert.equal(status, 200, JSON.stringify(body));
    return shownReservation.parse(body).record.state;
  };

  it('are granted once, used, given back and charged', async () => {
    const used = await book(5 * MINUTE_MS);
    const beside = await ask(6 * MINUTE_MS);
    assert.equal(beside.outcome === 'denied' && beside.why, 'OUTLET_TAKEN');
    const forged = wishOf({ stationId: STATION, ...span(3 * HOUR_MS) });
    const refused = await askFor({ ...rig, home: rig.own }, rig.duke, forged);
    assert.equal(refused.outcome === 'denied' && refused.code, 'BAD_SIGNATURE');

    const free = await book(6 * HOUR_MS);
    await until('home knows', () => stateOf(free, 'granted'));
    assert.equal(await cancel(free), 'cancelled');
    // What was given back is booked again: its slots have been written three times then.
    const again = await book(6 * HOUR_MS);
    await until('home knows', () => stateOf(again, 'granted'));
    assert.equal(await cancel(again), 'cancelled');

    await startAt(station, EVSE);
    await until('the reservation is used', () => stateOf(used, 'used'));

    const periodId = new Date(testNow()).toISOString().slice(0, 7);
    const charge = async () => {
      const { status, body } = await rig.duke.ask('aaa', 'POST', `/internal/v1/periods/${periodId}/charges`);
      assert.equal(status, 200, JSON.stringify(body));
      return chargeRunAnswer
        .parse(body)
        .charges.flatMap((note) => note.body.items)
        .filter((item) => item.kind === 'reservation' && item.reservationId === used);
    };
    const [item, more] = await charge();
    assert.deepEqual([item?.amountMicros, more], [1_500_000n, undefined]);
    assert.equal((await charge()).length, 1);
  });
});
