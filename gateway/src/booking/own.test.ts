import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { agreementTerms, bodyHash, canonicalText, chargeRunAnswer, reservationPage } from '@roamgrid/wire';
import { advanceTo, testNow } from '../testing/clock.ts';
import { ALABAMA, DUKE, TARIFF_ID, TERMS } from '../testing/consortium.ts';
import { gatewayRig, until, type GatewayRig } from '../testing/gateway-rig.ts';
import { proveAll } from '../testing/prove-all.ts';
import { readPurge } from '../testing/rows.ts';
import { askFor, wishOf } from '../testing/wishes.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const YEAR_MS = 365 * 24 * HOUR_MS;
const AGREEMENT_ID = 'DUK-DUK-1';

describe('booking by an operator’s own customers at its own stations', function () {
  this.timeout(90_000);
  let rig: GatewayRig;
  before(async () => {
    rig = await gatewayRig('booking_own', { booking: { lookEvery: 200, gather: 50 } });
    const evses = [{ evseId: 'US*DUK*EOWN*1', meterId: 'M-own-1' }];
    await rig.register({ stationId: 'bk-own', group: 'bk', evses });
    const text = canonicalText(agreementTerms, {
      ...TERMS,
      ...{ agreementId: AGREEMENT_ID, parties: [DUKE, DUKE] },
    });
    const termsHash = bodyHash(text);
    const nowMs = testNow();
    const proposed = await rig.duke.tell({
      path: 'consortium/proposeAgreement',
      command: {
        ...{ commandId: 'propose-own', agreementId: AGREEMENT_ID, parties: [DUKE, DUKE], witness: ALABAMA },
        ...{ termsHash, validFromMs: nowMs - HOUR_MS, validUntilMs: nowMs + YEAR_MS, endNoticeMs: 0 },
      },
      transient: { terms: JSON.parse(text) as unknown },
    });
    assert.equal(proposed.status, 200, JSON.stringify(proposed.body));
    const sign = { commandId: 'sign-own', agreementId: AGREEMENT_ID, version: 1, termsHash };
    await until('the witness has signed', async () => {
      const { status } = await rig.alabama.tell({ path: 'consortium/signAgreement', command: sign });
      return status === 200 || undefined;
    });
    const bind = { commandId: 'bind-own', agreementId: AGREEMENT_ID, tariffId: TARIFF_ID, tariffVersion: 1 };
    await until('its price is agreed with itself', async () => {
      const { status } = await rig.duke.tell({ path: 'tariff/bind', command: bind });
      return status === 200 || undefined;
    });
  });
  after(() => rig.close());

  it('are endorsed by the witness, keep the outlet from others, and are charged to nobody', async () => {
    const fromMs = testNow() + 20 * MINUTE_MS;
    const untilMs = fromMs + HOUR_MS;
    const wish = wishOf({ iss: DUKE, agreementId: AGREEMENT_ID, stationId: 'bk-own', fromMs, untilMs });
    const answer = await askFor({ ...rig, home: rig.own }, rig.duke, wish);
    assert.ok(answer.outcome === 'booked', inspect(answer));
    const { vun, hun } = answer.reservation.record;
    assert.deepEqual([vun, hun], [DUKE, DUKE]);

    const beside = await askFor(rig, rig.duke, wishOf({ stationId: 'bk-own', fromMs, untilMs }));
    assert.equal(beside.outcome === 'denied' && beside.why, 'OUTLET_TAKEN');
    // The witness signs for nobody but itself.
    const later = { fromMs: untilMs + HOUR_MS, untilMs: untilMs + 2 * HOUR_MS, reservationId: 'forged' };
    const forged = await askFor(rig, rig.duke, { ...wish, ...later });
    assert.equal(forged.outcome === 'denied' && forged.code, 'BAD_SIGNATURE');

    advanceTo(fromMs + 15 * MINUTE_MS + 1);
    const seen = await until('nobody came', async () => {
      const { body } = await rig.duke.ask('aaa', 'GET', '/internal/v1/reservations?role=hun&limit=500');
      const { items } = reservationPage.parse(body);
      const found = items.find(({ record }) => record.reservationId === wish.reservationId);
      return found?.record.state === 'no-show' ? found : undefined;
    });
    assert.equal(seen.body?.noShowMicros, 5_000_000n);
    const periodId = new Date(testNow()).toISOString().slice(0, 7);
    const { status, body } = await rig.duke.ask('aaa', 'POST', `/internal/v1/periods/${periodId}/charges`);
    assert.equal(status, 200, JSON.stringify(body));
    assert.ok(chargeRunAnswer.parse(body).charges.every(({ record }) => record.hun !== DUKE));
    const { ledger } = await proveAll(rig, []);
    assert.ok((ledger.reservations.get('no-show') ?? 0) > 0);

    // When its body is purged on the ledger it goes here, too; that somebody booked the outlet stays.
    const keys = ['reservation', 'reservationUse'].map((kind) => `${kind}:${wish.reservationId}`);
    await readPurge(rig, 'booking_own_duke', keys);
    const { body: read } = await rig.duke.ask('aaa', 'GET', '/internal/v1/reservations?role=hun&limit=500');
    const { items } = reservationPage.parse(read);
    const left = items.find(({ record }) => record.reservationId === wish.reservationId);
    assert.deepEqual([left?.record.state, left?.body, left?.use], ['no-show', undefined, undefined]);
  });
});
