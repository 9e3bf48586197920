import assert from 'node:assert/strict';
import { sign } from 'node:crypto';
import {
  driverConsentSigningInput,
  routeRequest,
  type Authorisation,
  type SwipeOffer,
  type UtilityRecord,
} from '@roamgrid/wire';
import { advanceTo } from '../testing/clock.ts';
import { DUKE, EVSES, STATION_ID } from '../testing/consortium.ts';
import { gatewayRig, until, type GatewayRig } from '../testing/gateway-rig.ts';
import { testKey, type TestKey } from '../testing/keys.ts';
import { json, profileGrant, profileOf, properGrant } from '../testing/router-peer.ts';
import { stopAfter } from '../testing/session-driver.ts';

const PAGE = 'https://drivers.alabama.example/';
const phone = testKey('phone-1');

interface Consent {
  readonly sessionId: string;
  readonly consentedAtMs: number;
  readonly signature: string;
}

/** What the device signs of an offer. */
const consentOf = (
  { quote, quoteHash }: Pick<SwipeOffer, 'quote' | 'quoteHash'>,
  { consentedAtMs = quote.issuedAtMs, key = phone }: { consentedAtMs?: number; key?: TestKey } = {},
): Consent => {
  const { channel, sessionId } = quote;
  const text = driverConsentSigningInput({ channel, sessionId, quoteHash }, { consentedAtMs }, phone.kid);
  const signature = sign('sha256', Buffer.from(text), { key: key.key, dsaEncoding: 'ieee-p1363' });
  return { sessionId, consentedAtMs, signature: signature.toString('base64url') };
};

describe('the consent of the driver’s own device', function () {
  this.timeout(60_000);
  let rig: GatewayRig;
  before(async () => {
    rig = await gatewayRig('device', {
      driverTokens: { issuer: 'https://alabama.example', appOrigins: ['https://drivers.alabama.example'] },
    });
  });
  after(() => rig.close());
  beforeEach(() => homeSigns({ driverKey: phone.open, driverAppUrl: PAGE }));

  /** What home says of the driver's device in its next authorisations. */
  const homeSigns = (device: Partial<Authorisation>): void => {
    rig.router.behaviour = async ({ path, body }, response, proper) => {
      if (path !== '/router/v1/authorisations') return proper();
      json(response, 200, await properGrant(routeRequest.parse(body), rig.home, device));
    };
  };
  const give = async (consent: Consent, url = rig.duke.running.url) => {
    const response = await fetch(`${url}/driver/v1/driver-consents`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(consent),
    });
    const text = await response.text();
    const { code = '', detail = '' } = (text === '' ? {} : JSON.parse(text)) as Record<string, string>;
    return { status: response.status, code, detail };
  };
  const stateOf = async (swipeId: string): Promise<unknown> => {
    const { status, body } = await rig.station.get(`swipes/${swipeId}/driver-consent`);
    assert.equal(status, 200, JSON.stringify(body));
    return body['state'];
  };
  const start = async (swipeId: string, offer: SwipeOffer) =>
    rig.station.post(
      'sessions',
      await rig.station.startRequest(swipeId, offer, rig.station.begin(offer), {}),
    );
  /** Charges on a started offer, and gives what the bill says of the consent. */
  const charge = async (offer: SwipeOffer): Promise<unknown> => {
    const { sessionId, evseId } = offer.quote;
    const driven = { sessionId, evseId, offer, begin: rig.station.begin(offer) };
    return (await stopAfter(rig.station, driven, 60_000, 500n)).body['consentBy'];
  };
  const evidenceAt = (gateway: GatewayRig['duke'], sessionId: string, state: string) =>
    until(`${sessionId} is ${state}`, async () => {
      const { body } = await gateway.ask('auditor', 'GET', `/auditor/v1/sessions/${sessionId}`);
      return (body['record'] as { state: string } | undefined)?.state === state ? body : undefined;
    });
  const listedAt = async (gateway: GatewayRig['duke'], sessionId: string): Promise<unknown> => {
    const { body } = await gateway.ask('auditor', 'GET', '/auditor/v1/sessions?limit=500');
    const items = body['items'] as { record: { sessionId: string }; consentBy?: string }[];
    return items.find(({ record }) => record.sessionId === sessionId)?.consentBy;
  };

  it('waits for the start, which puts it into the opening; bill, evidence, list and feed say so', async () => {
    const { swipeId, offer } = await rig.station.offer({ evseId: EVSES[0] });
    const { sessionId } = offer.quote;
    assert.equal(offer.driverConsent, 'possible');
    assert.equal(
      offer.driverConsentLink,
      `${PAGE}#quote=${offer.signedQuote}&at=${encodeURIComponent(rig.duke.running.url)}`,
    );
    assert.equal(await stateOf(swipeId), 'waiting');
    const consent = consentOf(offer);
    assert.equal((await give(consent)).status, 204);
    // A second press signs anew, and changes nothing.
    assert.equal((await give(consentOf(offer))).status, 204);
    assert.equal(await stateOf(swipeId), 'given');
    const started = await start(swipeId, offer);
    assert.equal(started.status, 201, JSON.stringify(started.body));
    const running = await evidenceAt(rig.duke, sessionId, 'opened');
    assert.equal(running['consentBy'], 'device');
    assert.equal(await listedAt(rig.duke, sessionId), 'device');
    const { driverConsent } = JSON.parse(String(running['openBody'])) as Record<string, unknown>;
    assert.deepEqual(driverConsent, { consentedAtMs: consent.consentedAtMs, signature: consent.signature });
    assert.equal(await charge(offer), 'device');
    for (const gateway of [rig.duke, rig.alabama]) {
      assert.equal((await evidenceAt(gateway, sessionId, 'closed'))['consentBy'], 'device');
      assert.equal(await listedAt(gateway, sessionId), 'device');
    }
    const { body } = await rig.alabama.ask('aaa', 'GET', '/internal/v1/cdrs?role=hun&after=&limit=500');
    const items = body['items'] as { cdr: { sessionId: string }; consentBy: string }[];
    assert.equal(items.find(({ cdr }) => cdr.sessionId === sessionId)?.consentBy, 'device');
  });

  it('is not needed where home does not ask for it: then the session has the station’s alone', async () => {
    const { swipeId, offer } = await rig.station.offer({ evseId: EVSES[0] });
    assert.equal((await start(swipeId, offer)).status, 201);
    const late = await give(consentOf(offer));
    assert.deepEqual([late.status, late.code], [422, 'CONSENT_EXPIRED']);
    assert.match(late.detail, /started without the device/);
    assert.equal(await charge(offer), 'station');
    const evidence = await evidenceAt(rig.duke, offer.quote.sessionId, 'closed');
    assert.equal(evidence['consentBy'], 'station');
    assert.equal(await listedAt(rig.alabama, offer.quote.sessionId), 'station');
  });

  it('must have come where home asks for it: without it the start is refused and can be told again', async () => {
    homeSigns({ driverKey: phone.open, driverConsentAboveMicros: 1_000_000n });
    const { swipeId, offer } = await rig.station.offer({ evseId: EVSES[1] });
    assert.equal(offer.driverConsent, 'required');
    assert.equal(offer.driverConsentLink, undefined);
    const refused = await start(swipeId, offer);
    assert.deepEqual([refused.status, refused.body['code']], [422, 'CONSENT_INVALID']);
    assert.match(String(refused.body['detail']), /asks for the consent of the driver’s own device/);
    assert.match(String(refused.body['remedy']), /Agree on your own device first/);
    assert.equal((await give(consentOf(offer))).status, 204);
    const started = await start(swipeId, offer);
    assert.equal(started.status, 201, JSON.stringify(started.body));
    assert.equal(await charge(offer), 'device');
  });

  it('serves on a kept profile, too', async () => {
    rig.router.behaviour = async ({ path, body }, response, proper) => {
      if (path !== '/router/v1/authorisations') return proper();
      const request = routeRequest.parse(body);
      const profile = profileOf(request, 'prof-device', { driverKey: phone.open, driverAppUrl: PAGE });
      json(response, 200, await profileGrant(request, rig.home, profile));
    };
    const { swipeId, offer } = await rig.station.offer({ evseId: EVSES[1] });
    assert.equal((await give(consentOf(offer))).status, 204);
    assert.equal((await start(swipeId, offer)).status, 201);
    assert.equal(await charge(offer), 'device');
  });

  it('counts by its signature alone: forged, of another quote or session, or of no bound device, it is refused alike', async () => {
    const { swipeId, offer } = await rig.station.offer({ evseId: EVSES[2] });
    const other = await rig.station.offer({ evseId: EVSES[2] });
    const good = consentOf(offer);
    homeSigns({});
    const unbound = await rig.station.offer({ evseId: EVSES[2] });
    assert.equal(unbound.offer.driverConsent, undefined);
    const refused: readonly Consent[] = [
      consentOf(offer, { key: testKey('phone-1') }),
      { ...good, consentedAtMs: good.consentedAtMs + 1 },
      consentOf({ quote: offer.quote, quoteHash: other.offer.quoteHash }),
      { ...consentOf(other.offer), sessionId: offer.quote.sessionId },
      { ...good, sessionId: `${offer.quote.sessionId}999` },
      consentOf(unbound.offer),
    ];
    const answers = await Promise.all(refused.map((each) => give(each)));
    for (const answer of answers) {
      assert.deepEqual([answer.status, answer.code], [422, 'CONSENT_INVALID']);
      assert.equal(answer.detail, answers[0]?.detail);
    }
    assert.equal(await stateOf(swipeId), 'waiting');
    assert.equal((await give({ ...good, signature: 'A'.repeat(12) })).code, 'INVALID_REQUEST');
  });

  it('is refused outside the time of its quote, by the device’s clock and by the gateway’s', async () => {
    const { swipeId, offer } = await rig.station.offer({ evseId: EVSES[3] });
    const { issuedAtMs, validUntilMs } = offer.quote;
    for (const consentedAtMs of [issuedAtMs - 1, validUntilMs + 1])
      assert.equal((await give(consentOf(offer, { consentedAtMs }))).code, 'CONSENT_EXPIRED');
    const ahead = await give(consentOf(offer, { consentedAtMs: validUntilMs }));
    assert.deepEqual([ahead.code, ahead.detail], ['CONSENT_INVALID', 'the consent lies in the future']);
    advanceTo(validUntilMs);
    const late = await give(consentOf(offer));
    assert.deepEqual([late.code, late.detail], ['CONSENT_EXPIRED', 'the quote has run out']);
    assert.equal(await stateOf(swipeId), 'waiting');
  });

  it('is told to other stations by none: the swipe is the station’s own', async () => {
    const { status, body } = await rig.station.get('swipes/nobody-swiped/driver-consent');
    assert.deepEqual([status, body['code']], [404, 'SWIPE_UNKNOWN']);
  });

  it('may be brought from any page, so often a minute; who offers is told to the utility’s own pages', async () => {
    const allowed = async (path: string, origin: string) => {
      const headers = { origin, 'access-control-request-method': 'POST' };
      const response = await fetch(`${rig.duke.running.url}/driver/v1/${path}`, {
        method: 'OPTIONS',
        headers,
      });
      return response.headers.get('access-control-allow-origin');
    };
    const station = `utilities/${DUKE}/stations/${STATION_ID}`;
    assert.equal(await allowed('driver-consents', 'https://other.example'), 'https://other.example');
    assert.equal(await allowed('clock', 'https://other.example'), 'https://other.example');
    assert.equal(await allowed(station, 'https://other.example'), null);
    assert.equal(
      await allowed(station, 'https://drivers.alabama.example'),
      'https://drivers.alabama.example',
    );
    const told = await fetch(`${rig.alabama.running.url}/driver/v1/${station}`);
    const { utilityName, signingKeys } = (await told.json()) as Pick<UtilityRecord, 'signingKeys'> & {
      utilityName: string;
    };
    assert.deepEqual([utilityName, signingKeys.map(({ kid }) => kid)], ['Duke Energy', ['duk-1']]);
    const unknown = await fetch(`${rig.alabama.running.url}/driver/v1/utilities/${DUKE}/stations/nowhere`);
    assert.equal(unknown.status, 404);
    const hasty = await rig.start(DUKE, 'device_hasty', {
      deviceRateLimit: { windowMs: 60_000, requests: 2 },
    });
    const consent = { sessionId: 'USDUK-USALP-g0-1', consentedAtMs: 1, signature: 'A'.repeat(86) };
    const codes = [];
    for (let i = 0; i < 3; i += 1) codes.push((await give(consent, hasty.running.url)).code);
    assert.deepEqual(codes, ['CONSENT_INVALID', 'CONSENT_INVALID', 'RATE_LIMITED']);
  });
});
