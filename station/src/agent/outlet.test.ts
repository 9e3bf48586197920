import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import {
  billingReading,
  consent,
  consentBinding,
  consentSigningInput,
  parseOcmf,
  verifyOcmf,
} from '@roamgrid/wire';
import { offerBody, SESSION_ID, type Answer, type Received } from '@roamgrid/station-kit/testing';
import { chargeOnce, CIN, meterKeys, outletRig, shows, SWIPE as swipe, usual } from './outlet.fixture.ts';
import type { Outlet } from './outlet.ts';

/** The same with its check character replaced. */
const MISTYPED = `${CIN.slice(0, -1)}${CIN.endsWith('0') ? '1' : '0'}`;

describe('a charging outlet', () => {
  let rig: ReturnType<typeof outletRig>;
  beforeEach(() => {
    rig = outletRig();
  });
  afterEach(() => rig.close());
  const outletWith = (...given: Parameters<typeof rig.with>) => rig.with(...given);

  it('refuses a mistyped CIN itself and sends nothing on', async () => {
    const { outlet, gateway } = await outletWith(usual());
    const state = await outlet.swipe({ ...swipe, cin: MISTYPED });
    assert.equal(state.screen, 'refused');
    assert.equal(state.refusal.code, 'CIN_CHECK');
    assert.equal(gateway.received.length, 0);
  });

  it('stops at the energy limit to the watt-hour with signed first and last readings', async () => {
    const { outlet, gateway } = await outletWith(usual());
    const bill = await chargeOnce(outlet);
    assert.equal(bill?.totalMicros, 3_000_000n);
    const startRequest = gateway.received.find((r) => r.path.endsWith('/sessions'));
    const stopRequest = gateway.received.find((r) => r.path.endsWith('/stop'));
    assert.equal(stopRequest?.body['endReason'], 'limit');
    const publicKey = createPublicKey(meterKeys.privateKey);
    const registers = [String(startRequest?.body['signedStart']), String(stopRequest.body['signedEnd'])].map(
      (text, i) => {
        const document = verifyOcmf(text, publicKey);
        assert.ok(document.ok && parseOcmf(text).ok);
        const reading = billingReading(document.value, i === 0 ? 'begin' : 'end');
        assert.ok(reading.ok);
        return reading.value.registerMilliWh;
      },
    );
    assert.deepEqual(registers, [0n, 10_000_000n]);
  });

  /** What the consent says, from the JWS that the station sent. */
  const consentOf = (received: readonly Received[]) => {
    const request = received.find((r) => r.path.endsWith('/sessions'));
    const jws = String(request?.body['consent']);
    const payload = consent.parse(JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString()));
    return { jws, payload, binding: consentBinding(jws.slice(0, jws.lastIndexOf('.'))) };
  };
  const tariffTextOf = (statement: unknown) => {
    const document = verifyOcmf(String(statement), createPublicKey(meterKeys.privateKey));
    assert.ok(document.ok);
    return document.value.tariffText;
  };

  it('signs the consent for one channel, and has its meter sign begin and end bound to that consent', async () => {
    const { outlet, gateway } = await outletWith(usual());
    await chargeOnce(outlet);
    const { jws, payload, binding } = consentOf(gateway.received);
    assert.equal(payload.channel, 'roaming');
    // The consent is formed again from its facts, to the byte.
    const { method, consentedAtMs } = payload;
    const formed = consentSigningInput(payload, { method, consentedAtMs, kid: 'k1' }, 'st1');
    assert.equal(jws.slice(0, jws.lastIndexOf('.')), formed);
    const start = gateway.received.find((r) => r.path.endsWith('/sessions'))?.body;
    const stop = gateway.received.find((r) => r.path.endsWith('/stop'))?.body;
    assert.equal(tariffTextOf(start?.['signedStart']), binding);
    assert.equal(tariffTextOf(stop?.['signedEnd']), binding);
  });

  const withDevice =
    (driverConsent: 'possible' | 'required', answers: readonly Answer[]) =>
    (received: Received, earlier: readonly Received[]): Answer => {
      if (received.path.endsWith('/swipes')) return { status: 200, body: { ...offerBody, driverConsent } };
      if (!received.path.endsWith('/driver-consent')) return usual()(received);
      const asked = earlier.filter(({ path }) => path.endsWith('/driver-consent')).length;
      return answers[asked] ?? { status: 200, body: { state: 'given' } };
    };
  const waiting: Answer = { status: 200, body: { state: 'waiting' } };
  const consented = (outlet: Outlet) =>
    new Promise<void>((resolve) =>
      outlet.subscribe((state) => {
        if (state.screen === 'offer' && state.driverConsented) resolve();
      }),
    );

  it('waits for the driver’s own device where home asks for it, and attests that it was used', async () => {
    const { outlet, gateway } = await outletWith(
      withDevice('required', [waiting, 'drop-after-receiving', waiting]),
    );
    const given = consented(outlet);
    await outlet.swipe(swipe);
    await assert.rejects(() => outlet.consent(offerBody.quoteHash), /your own device first/);
    assert.equal(outlet.state.screen, 'offer');
    await given;
    await (
      await outlet.consent(offerBody.quoteHash)
    ).ended;
    assert.equal(consentOf(gateway.received).payload.method, 'app');
  });

  it('does without it where it is only possible, and asks no more once the offer is left', async () => {
    const { outlet, gateway } = await outletWith(withDevice('possible', Array<Answer>(1_000).fill(waiting)));
    await outlet.swipe(swipe);
    await (
      await outlet.consent(offerBody.quoteHash)
    ).ended;
    assert.equal(consentOf(gateway.received).payload.method, 'kiosk');
    const asked = gateway.received.length;
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(gateway.received.length, asked);
  });

  it('ends with reason full when the battery is full', async () => {
    const { outlet, gateway } = await outletWith(usual(), { battery: { initialWh: 58_000n } });
    await chargeOnce(outlet);
    const stop = gateway.received.find((r) => r.path.endsWith('/stop'));
    assert.equal(stop?.body['endReason'], 'full');
  });

  it('ends with reason driver when the driver presses stop', async () => {
    const { outlet, gateway } = await outletWith(usual('50000'));
    await outlet.swipe(swipe);
    const { ended } = await outlet.consent(offerBody.quoteHash);
    await shows(outlet, 'charging');
    outlet.stop();
    await ended;
    assert.equal(gateway.received.at(-1)?.body['endReason'], 'driver');
    assert.equal(outlet.state.screen, 'bill');
  });

  it('repeats a lost report with every reading still undelivered, and no reading is lost', async () => {
    let lost = 0;
    const { outlet, gateway } = await outletWith((received) => {
      if (received.path.endsWith('/reports') && lost < 2) {
        lost += 1;
        return 'drop-after-receiving';
      }
      return usual()(received);
    });
    await chargeOnce(outlet);
    const delivered = gateway.received
      .filter((r) => r.path.endsWith('/reports') || r.path.endsWith('/stop'))
      .slice(2);
    const times = delivered.flatMap((r) =>
      (r.body['readings'] as { atMs: number }[]).map((reading) => reading.atMs),
    );
    const sent = gateway.received.flatMap((r) =>
      ((r.body['readings'] ?? []) as { atMs: number }[]).map((reading) => reading.atMs),
    );
    assert.deepEqual(new Set(times), new Set(sent));
    const sequences = gateway.received
      .filter((r) => r.path.endsWith('/reports'))
      .map((r) => r.body['sequence']);
    assert.deepEqual(sequences, [...new Set(sequences)], 'a sequence number never carries two contents');
  });

  it('ends a session that a power cut interrupted, at the last instant at which it is known to have lived', async () => {
    const { outlet, make, gateway } = await outletWith((received) => {
      return received.path.endsWith('/stop') && received.body['endReason'] !== 'power-cut'
        ? { status: 503, body: {} }
        : usual('50000')(received);
    });
    await outlet.swipe(swipe);
    await outlet.consent(offerBody.quoteHash); // charging runs on in an outlet that is then forgotten, as by a power cut
    const bill = await make().recover();
    const ended = gateway.received.find((r) => r.body['endReason'] === 'power-cut')?.body;
    assert.equal(tariffTextOf(ended?.['signedEnd']), consentOf(gateway.received).binding);
    assert.equal(bill?.sessionId, SESSION_ID);
    const [last] = (ended?.['readings'] as { atMs: number }[]).slice(-1);
    const start = gateway.received.find((r) => r.path.endsWith('/sessions'))?.body['start'];
    assert.equal(last?.atMs, (start as { atMs: number }).atMs + 1);
  });

  it('says that the station is offline when the gateway cannot be reached', async () => {
    const { outlet, gateway } = await outletWith(usual());
    gateway.close();
    const state = await outlet.swipe(swipe);
    assert.equal(state.screen, 'refused');
    assert.equal(state.refusal.code, 'STATION_OFFLINE');
  });
});
