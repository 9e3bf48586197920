import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeCin, unwrap } from '@roamgrid/domain';
import {
  DOCUMENT_TYPE,
  openDocument,
  parseSessionId,
  quote as quoteSchema,
  readTariffJson,
  routeRequest,
  swipeOffer,
  type Authorisation,
} from '@roamgrid/wire';
import { testNow } from '../testing/clock.ts';
import { AGREEMENT_ID, DURHAM, EVSES, TARIFF_ID } from '../testing/consortium.ts';
import { gatewayRig, type GatewayRig } from '../testing/gateway-rig.ts';
import { testKey } from '../testing/keys.ts';
import { json, properGrant, type RouterBehaviour } from '../testing/router-peer.ts';
import { withRows } from '../testing/rows.ts';
import { ALABAMA_CIN } from '../testing/station-peer.ts';
import { until } from '../testing/until.ts';
import { SWIPES_REMEMBERED } from './swipe.ts';

describe('a swipe', function () {
  this.timeout(60_000);
  let rig: GatewayRig;
  before(async () => {
    rig = await gatewayRig('swipe', { station: { routerTimeout: 400, headroomPpm: 1_500_000 } });
  });
  after(() => rig.close());
  beforeEach(() => {
    rig.router.received.length = 0;
    rig.router.behaviour = undefined;
  });

  it('gets a quote that the utility signed, with a cap and the lines of the price', async () => {
    const { offer } = await rig.station.offer();
    const { quote } = offer;
    assert.equal(quote.adjustmentPpm, -50_000n);
    assert.equal(quote.estimateMicros, 5_329_500n);
    assert.equal(quote.capMicros, 7_994_250n);
    assert.ok(quote.zoneOffsets.length >= 1);
    assert.equal(offer.homeUtilityName, 'Alabama Power');
    assert.equal(offer.loyalty, 'gold');
    const sum = offer.lines.reduce((total, line) => total + line.amountMicros, offer.taxMicros);
    assert.equal(sum, quote.estimateMicros);
    const ofEnergy = offer.lines.filter(({ kind }) => kind === 'ENERGY');
    assert.deepEqual(
      ofEnergy.map(({ quantity, unit, unitPrice }) => [quantity, unit, unitPrice]),
      [['10000', 'Wh', '0.25']],
    );
    const utilities = await rig.alabama.ask('auditor', 'GET', '/auditor/v1/utilities');
    const duke = (utilities.body['items'] as { utilityId: string; signingKeys: never[] }[]).find(
      ({ utilityId }) => utilityId === 'USDUK',
    );
    const opened = await openDocument(
      quoteSchema,
      DOCUMENT_TYPE.quote,
      offer.signedQuote,
      duke?.signingKeys ?? [],
    );
    assert.ok(opened.ok);
    assert.deepEqual(opened.value, quote);
  });

  it('tells the very tariff of its offer to the station that was offered it, and to no other', async () => {
    const { offer, swipeId } = await rig.station.offer();
    const { status, body } = await rig.station.get(`swipes/${swipeId}/tariff`);
    assert.equal(status, 200, JSON.stringify(body));
    const { tariffId, tariffVersion } = offer.quote;
    assert.deepEqual([body['tariffId'], body['version']], [tariffId, tariffVersion]);
    const read = readTariffJson(String(body['tariffJson']));
    assert.equal(read.ok && read.value.elements[0]?.components[0]?.type, 'ENERGY');
    assert.equal(offer.adapts, undefined, 'no agreement here moves prices');
    const unknown = await rig.station.get('swipes/nobodys/tariff');
    assert.deepEqual([unknown.status, unknown.body['code']], [404, 'SWIPE_UNKNOWN']);
  });

  it('asks the router once with the price range, and never for a number that is wrong', async () => {
    await rig.station.offer();
    assert.deepEqual(
      rig.router.received.map(({ path }) => path),
      ['/router/v1/authorisations'],
    );
    const { cin, offer } = routeRequest.parse(rig.router.received[0]?.body);
    assert.equal(cin, ALABAMA_CIN);
    assert.equal(offer.minMicrosPerKWh, 250_000n);
    assert.equal(offer.maxMicrosPerKWh, 250_000n);
    assert.equal(offer.minAdjustmentPpm, -150_000n);
    rig.router.received.length = 0;
    const swapped = ALABAMA_CIN.replace('12345', '12354');
    const { body } = await rig.station.post('swipes', rig.station.swipeRequest({ cin: swapped }));
    assert.equal(body['code'], 'CIN_INVALID');
    assert.match(String(body['message']), /swapped/);
    assert.equal(rig.router.received.length, 0);
  });

  it('asks for the service that the number’s character names, and for none that an outlet does not give', async () => {
    const cinFor = (service: string) =>
      unwrap(makeCin({ country: 'US', party: 'ALP', service, customer: '0012345' }));
    const { offer: shown } = await rig.station.offer({ cin: cinFor('F') });
    assert.equal(shown.service, 'fleet-charging');
    assert.equal(routeRequest.parse(rig.router.received.at(-1)?.body).offer.service, 'fleet-charging');
    rig.router.received.length = 0;
    for (const service of ['V', 'S', 'H']) {
      const { body } = await rig.station.post('swipes', rig.station.swipeRequest({ cin: cinFor(service) }));
      assert.equal(body['code'], 'SERVICE_NOT_IN_PORTFOLIO');
    }
    assert.equal(rig.router.received.length, 0);
    rig.router.behaviour = async ({ body }, response) => {
      const asked = routeRequest.parse(body);
      json(response, 200, await properGrant(asked, rig.home, { service: 'charging' }));
    };
    const { body } = await rig.station.post('swipes', rig.station.swipeRequest({ cin: cinFor('F') }));
    assert.equal(body['code'], 'HOME_PROTOCOL_ERROR', 'a yes to another service is none');
  });

  it('answers a repeat with the first answer, also while the first is under way, and refuses a reused id', async () => {
    rig.router.behaviour = async (_request, _response, proper) => {
      await sleep(100);
      await proper();
    };
    const request = rig.station.swipeRequest();
    const [one, two] = await Promise.all([
      rig.station.post('swipes', request),
      rig.station.post('swipes', request),
    ]);
    assert.equal(one.body['outcome'], 'offer');
    assert.deepEqual(one.body, two.body);
    assert.deepEqual((await rig.station.post('swipes', request)).body, one.body);
    assert.equal(rig.router.received.length, 1);
    const reused = await rig.station.post('swipes', { ...request, requestedEnergyWh: '20000' });
    assert.equal(reused.status, 409);
    assert.equal(reused.body['code'], 'SWIPE_REUSED');
  });

  it('is answered from the database once it is not among the last ones, which alone are in memory', async () => {
    const wrong = () => rig.station.swipeRequest({ cin: ALABAMA_CIN.replace('12345', '12354') });
    const first = wrong();
    const { body } = await rig.station.post('swipes', first);
    for (let later = 0; later < SWIPES_REMEMBERED; later += 20)
      await Promise.all(Array.from({ length: 20 }, () => rig.station.post('swipes', wrong())));
    const answer = JSON.stringify({ ...body, message: 'as the rows have it' });
    await withRows(rig, 'swipe_duke', (db) =>
      db.updateTable('swipe').set({ answer }).where('swipe_id', '=', String(first['swipeId'])).execute(),
    );
    assert.equal((await rig.station.post('swipes', first)).body['message'], 'as the rows have it');
  });

  it('is given its number before home is asked, and each swipe of the lane the next one', async () => {
    const numbers: number[] = [];
    for (let swipe = 0; swipe < 3; swipe += 1) {
      rig.router.received.length = 0;
      const { offer } = await rig.station.offer();
      const asked = routeRequest.parse(rig.router.received[0]?.body);
      assert.equal(asked.offer.sessionId, offer.quote.sessionId);
      assert.equal(asked.offer.channel, offer.quote.channel);
      const name = unwrap(parseSessionId(offer.quote.sessionId));
      assert.equal(name.laneId, `USDUK-USALP-${DURHAM.group}`);
      numbers.push(name.number);
    }
    const [first = 0] = numbers;
    assert.deepEqual(numbers, [first, first + 1, first + 2]);
  });

  it('is quoted the outlet’s own tariff where it has one, and the utility’s elsewhere', async () => {
    const { body } = await rig.duke.ask('auditor', 'GET', '/auditor/v1/tariffs?utilityId=USDUK');
    const [listed] = body['items'] as { record: { tariffJson: string } }[];
    const validFromMs = testNow() + 1_000;
    const tariff = {
      tariffId: 'USDUK-Z-OUTLET',
      version: 1,
      utilityId: 'USDUK',
      appliesTo: { evseId: EVSES[3] },
      tariffJson: listed?.record.tariffJson,
      validFromMs,
      validUntilMs: validFromMs + 3_600_000,
    };
    const { tariffId } = tariff;
    const publish = { commandId: 'publish-outlet', tariff };
    const bind = { commandId: 'bind-outlet', agreementId: AGREEMENT_ID, tariffId, tariffVersion: 1 };
    const tell = (path: string, command: Record<string, unknown>) => rig.duke.tell({ path, command });
    const first = await tell('tariff/publish', publish);
    assert.equal(first.status, 200, JSON.stringify(first.body));
    const again = await tell('tariff/publish', publish);
    assert.deepEqual([again.status, again.body['wrote']], [200, first.body['wrote']], 'told again');
    assert.equal((await tell('tariff/bind', bind)).status, 200);
    await until('the outlet’s tariff counts', async () => {
      const { offer } = await rig.station.offer({ evseId: EVSES[3] });
      return offer.quote.tariffId === tariffId ? true : undefined;
    });
    const { offer } = await rig.station.offer();
    assert.equal(offer.quote.tariffId, TARIFF_ID);
    const wide = { ...tariff, version: 2, appliesTo: { stationId: DURHAM.stationId } };
    const refused = await tell('tariff/publish', { commandId: 'publish-wide', tariff: wide });
    assert.equal(refused.body['code'], 'LEDGER_WRONG_STATE');
    assert.match(String(refused.body['detail']), /is for outlet .*: take another id for station/);
  });

  it('keeps its number when the gateway dies before home has answered', async () => {
    const request = rig.station.swipeRequest();
    const first = swipeOffer.parse((await rig.station.post('swipes', request)).body);
    await rig.duke.running.close();
    await withRows(rig, 'swipe_duke', (db) =>
      db
        .updateTable('swipe')
        .set({ answer: null, grant_json: null, offer_json: null })
        .where('swipe_id', '=', String(request['swipeId']))
        .execute(),
    );
    const again = await rig.start('USDUK', 'swipe_duke');
    rig.duke.running = again.running;
    rig.station.url = again.running.url;
    rig.router.received.length = 0;
    const second = swipeOffer.parse((await rig.station.post('swipes', request)).body);
    assert.equal(second.quote.sessionId, first.quote.sessionId);
    assert.equal(routeRequest.parse(rig.router.received[0]?.body).offer.sessionId, first.quote.sessionId);
    const next = await rig.station.offer();
    const numberOf = (id: string) => unwrap(parseSessionId(id)).number;
    assert.equal(numberOf(next.offer.quote.sessionId), numberOf(first.quote.sessionId) + 1);
  });

  it('gets the first answer from a gateway that was started anew', async () => {
    const request = rig.station.swipeRequest();
    const first = await rig.station.post('swipes', request);
    await rig.duke.running.close();
    const again = await rig.start('USDUK', 'swipe_duke');
    rig.duke.running = again.running;
    rig.station.url = again.running.url;
    assert.deepEqual((await rig.station.post('swipes', request)).body, first.body);
  });

  const grantWith =
    (over: Partial<Authorisation>): RouterBehaviour =>
    async (request, response) => {
      json(response, 200, await properGrant(routeRequest.parse(request.body), rig.home, over));
    };
  const stranger = testKey('alp-1');
  const misbehaviours: readonly [what: string, behave: RouterBehaviour, code: string][] = [
    ['is silent', () => undefined, 'HOME_TIMEOUT'],
    [
      'breaks the connection',
      (_q, response) => {
        response.destroy();
      },
      'HOME_UNREACHABLE',
    ],
    [
      'sends a page instead of JSON',
      (_q, response) => void response.end('<html></html>'),
      'HOME_PROTOCOL_ERROR',
    ],
    [
      'sends an endless answer',
      (_q, response) => void response.end('"'.padEnd(2_000_000, 'x')),
      'HOME_PROTOCOL_ERROR',
    ],
    [
      'sends half a grant',
      (_q, response) => json(response, 200, { outcome: 'authorised' }),
      'HOME_PROTOCOL_ERROR',
    ],
    [
      'fails',
      (_q, response) => {
        json(response, 500, { oops: true });
      },
      'HOME_PROTOCOL_ERROR',
    ],
    [
      'brings a grant that another key signed',
      async (request, response) => {
        json(response, 200, await properGrant(routeRequest.parse(request.body), stranger));
      },
      'HOME_PROTOCOL_ERROR',
    ],
    ['brings a grant for another offer', grantWith({ offerHash: '0'.repeat(64) }), 'HOME_PROTOCOL_ERROR'],
    ['brings a grant for another outlet', grantWith({ evseId: EVSES[1] }), 'HOME_PROTOCOL_ERROR'],
    ['brings a grant for another utility', grantWith({ aud: 'USGPC' }), 'HOME_PROTOCOL_ERROR'],
    [
      'brings a discount outside the agreement',
      grantWith({ adjustmentPpm: -60_000n }),
      'HOME_PROTOCOL_ERROR',
    ],
    ['brings a grant that has run out', grantWith({ validUntilMs: 1_000 }), 'HOME_PROTOCOL_ERROR'],
    ['brings a limit below the estimate', grantWith({ limitMicros: 5_000_000n }), 'LIMIT_EXCEEDED'],
    [
      'relays a refusal',
      (request, response) =>
        json(response, 200, {
          outcome: 'refused',
          sessionId: routeRequest.parse(request.body).offer.sessionId,
          code: 'CUSTOMER_BLOCKED',
          message: 'Lost card.',
          remedy: 'Call us.',
        }),
      'CUSTOMER_BLOCKED',
    ],
  ];
  for (const [what, behave, code] of misbehaviours) {
    it(`is refused with ${code} when the router ${what}`, async () => {
      rig.router.behaviour = behave;
      const { status, body } = await rig.station.post('swipes', rig.station.swipeRequest());
      assert.equal(status, 200);
      assert.equal(body['outcome'], 'refused');
      assert.equal(body['code'], code);
      assert.ok(String(body['message']).length > 5 && String(body['remedy']).length > 5);
    });
  }

  it('is refused at an outlet of nobody, and for a home without an agreement by what the router says', async () => {
    const unknown = await rig.station.post('swipes', rig.station.swipeRequest({ evseId: 'US*DUK*E999*1' }));
    assert.equal(unknown.body['code'], 'STATION_UNAVAILABLE');
    const foreign = unwrap(makeCin({ country: 'FR', party: 'XYZ', service: 'E', customer: '0012345' }));
    rig.router.behaviour = (request, response) => {
      const refused = {
        outcome: 'refused',
        sessionId: routeRequest.parse(request.body).offer.sessionId,
        code: 'ISSUER_UNKNOWN',
        message: 'No.',
        remedy: 'Other.',
      };
      json(response, 200, refused);
    };
    const { body } = await rig.station.post('swipes', rig.station.swipeRequest({ cin: foreign }));
    assert.equal(body['code'], 'ISSUER_UNKNOWN');
  });

  it('needs the key that the ledger has of the station', async () => {
    const { StationPeer } = await import('../testing/station-peer.ts');
    const forged = new StationPeer(rig.station.url, {
      station: testKey('station-1'),
      meter: testKey,
    });
    const { status, body } = await forged.post('swipes', rig.station.swipeRequest());
    assert.equal(status, 401);
    assert.equal(body['code'], 'UNAUTHENTICATED');
  });
});
