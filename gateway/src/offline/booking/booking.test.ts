import assert from 'node:assert/strict';
import { verifyBundle } from '@roamgrid/auditor';
import { nodePrimitives } from '@roamgrid/auditor/node';
import { unwrap } from '@roamgrid/domain';
import { decodeCbor, encodeCbor } from '@roamgrid/offline';
import { NODE_SUITE } from '@roamgrid/offline/node';
import { sealFor } from '@roamgrid/offline/testing';
import {
  auditBundle,
  canonicalText,
  carriedAnswer,
  cdrPage,
  chargerCertificate,
  invoicedRecordPage,
  invoiceRunAnswer,
  keptRecords,
  offlineBookingAnswer,
  type OfflineBookingAnswer,
} from '@roamgrid/wire';
import { get } from '../../testing/clearing-calls.ts';
import { passUntil, TEST_MINUTE_MS as MINUTE_MS, testNow } from '../../testing/clock.ts';
import { ALABAMA, DUKE, type TestSite } from '../../testing/consortium.ts';
import { gatewayRig, until, type GatewayRig, type TestGateway } from '../../testing/gateway-rig.ts';
import { testKey } from '../../testing/keys.ts';
import { OFFLINE, registerOfflineKeys } from '../../testing/offline-keys.ts';
import {
  CIN_REF,
  recordFor,
  tokenOf,
  type PhoneToken,
  type SessionWish,
} from '../../testing/offline-records.ts';
import { checkpointOf, proveAll, proveBundles } from '../../testing/prove-all.ts';
import { untilState } from '../../testing/session-driver.ts';

const GARAGE: TestSite = {
  stationId: 'DUK-GARAGE',
  group: 'garage',
  evses: [
    { evseId: 'US*DUK*EGAR*1', meterId: 'DUK-GARAGE-1' },
    { evseId: 'US*DUK*EGAR*2', meterId: 'DUK-GARAGE-2' },
  ],
};

type Told = Omit<SessionWish, 'site' | 'meter'>;

describe('records of chargers without network, at the gateway of their utility', function () {
  this.timeout(180_000);
  let rig: GatewayRig;
  let fromMs = 0;
  let booked: { readonly record: string; readonly leave: string; readonly sessionId: string }[] = [];

  const ask = async (
    record: string,
    leave: string,
    gateway: TestGateway = rig.duke,
  ): Promise<OfflineBookingAnswer> => {
    const { status, body } = await gateway.ask('aaa', 'POST', '/internal/v1/offline/records', {
      record,
      leave,
    });
    assert.equal(status, 200, JSON.stringify(body));
    return offlineBookingAnswer.parse(body);
  };
  const untilBooked = (record: string, leave: string, gateway?: TestGateway): Promise<string> =>
    until('the record is booked', async () => {
      const answer = await ask(record, leave, gateway);
      assert.notEqual(answer.outcome, 'refused', JSON.stringify(answer));
      return answer.outcome === 'booked' ? answer.sessionId : undefined;
    });
  const token = (over: Partial<Parameters<typeof tokenOf>[0]> = {}): Promise<PhoneToken> =>
    tokenOf({
      home: rig.home,
      channel: rig.duke.config.ledger.channel,
      site: GARAGE,
      audience: { kind: 'outlet', evseId: 'US*DUK*EGAR*1' },
      fromMs,
      limits: { sessions: 3, energyWh: 30_000n, costMicros: 20_000_000n },
      ...over,
    });
  const record = (phone: PhoneToken, { outlet = 0, ...told }: Told, meter = rig.meter): Promise<string> =>
    recordFor(phone, { site: GARAGE, outlet, meter: meter(GARAGE.evses[outlet]?.meterId ?? ''), ...told });

  before(async () => {
    rig = await gatewayRig('offline_booking', { offline: OFFLINE });
    await rig.register(GARAGE);
    await registerOfflineKeys(rig, 'booking');
    fromMs = testNow() + 2_000;
    await passUntil(fromMs + 120 * MINUTE_MS);
    await until('both know the new key', async () => {
      const probe = await record(await token(), { number: 99, beganMs: fromMs, fromWh: 0n, energyWh: 1n });
      const answer = await ask(probe, (await token()).leave);
      return answer.outcome === 'refused' && answer.code !== 'ISSUER_UNKNOWN' ? true : undefined;
    });
  });
  after(() => rig.close());

  it('are booked in the order of their meter, whichever comes first, and a record that comes again is what it was', async () => {
    const phone = await token();
    const told = [0, 1, 2].map((at) => ({
      number: at + 1,
      beganMs: fromMs + at * 20 * MINUTE_MS,
      fromWh: BigInt(at) * 8_000n,
      energyWh: 8_000n,
    }));
    const [first = '', second = '', third = ''] = await Promise.all(told.map((each) => record(phone, each)));
    for (const early of [third, second]) {
      const answer = await ask(early, phone.leave);
      assert.ok(answer.outcome === 'later' && answer.sessionId === undefined, JSON.stringify(answer));
    }
    const ids: string[] = [];
    for (const each of [first, second, third]) {
      const [one, other] = await Promise.all([ask(each, phone.leave), ask(each, phone.leave)]);
      assert.deepEqual([one.outcome, other.outcome].includes('refused'), false);
      ids.push(await untilBooked(each, phone.leave));
    }
    assert.equal(new Set(ids).size, 3);
    booked = [first, second, third].map((each, at) => ({
      record: each,
      leave: phone.leave,
      sessionId: ids[at] ?? '',
    }));
    for (const { record: again, leave, sessionId } of booked)
      assert.deepEqual(await ask(again, leave), { outcome: 'booked', sessionId });
  });

  it('are billed to the customer whom home knows by the token, on the invoice of the pair', async () => {
    const ids = booked.map(({ sessionId }) => sessionId);
    for (const id of ids) await untilState(rig, id, 'closed');
    const fed = await until('home is told of all', async () => {
      const { items } = await get(rig.alabama, 'cdrs?role=hun&limit=500', cdrPage);
      const mine = items.filter(({ cdr }) => ids.includes(cdr.sessionId));
      return mine.length === ids.length ? mine : undefined;
    });
    for (const { cdr, cinRef, authorisedBy, consentBy, profileId } of fed) {
      assert.deepEqual([cinRef, authorisedBy, consentBy], [CIN_REF, 'cache', 'device']);
      assert.match(profileId ?? '', /^[0-9a-f]{32}$/);
      // 8 kWh at 0.25, and 1.00; 10 % tax.
      assert.deepEqual([cdr.energyWh, cdr.totalMicros, cdr.endReason], [8_000n, 3_300_000n, 'driver']);
    }
    // The phone that began a session knows it by its outlet and its number there.
    assert.deepEqual(
      fed.map(({ offline }) => offline),
      booked.map((_, at) => ({ evseId: 'US*DUK*EGAR*1', number: at + 1 })),
    );
    const day = new Date(testNow()).toISOString().slice(0, 10);
    const { status, body } = await rig.duke.ask('aaa', 'POST', `/internal/v1/periods/${day}/invoices`, {
      untilMs: testNow() + MINUTE_MS,
    });
    assert.equal(status, 200, JSON.stringify(body));
    const { invoices } = invoiceRunAnswer.parse(body);
    const own = invoices.find(({ body: { laneId } }) => laneId === `${DUKE}-${ALABAMA}-garage`);
    assert.deepEqual([own?.body.sessions, own?.body.totalMicros], [3, 9_900_000n]);
    const lines = await get(rig.duke, `invoices/${own?.record.invoiceId ?? ''}/records`, invoicedRecordPage);
    assert.deepEqual(
      lines.items.map(({ cdr }) => cdr.sessionId),
      ids,
    );
  });

  it('are proven by whoever audits, and another character in what anybody signed is found', async () => {
    const ids = booked.map(({ sessionId }) => sessionId);
    const checkpoint = await checkpointOf(rig);
    await proveBundles(rig, ids, checkpoint);
    const { blocks } = JSON.parse(checkpoint) as { blocks: number };
    const { body } = await rig.duke.ask(
      'auditor',
      'GET',
      `/auditor/v1/bundles/${ids[0] ?? ''}?blocks=${blocks}`,
    );
    const bundle = auditBundle.parse(body);
    const { settled } = bundle.bodies;
    for (const part of ['"token":"', '"transcript":"', '"askedWh":"', '"signature":"', '"evidence":"']) {
      const at = settled.indexOf(part) + part.length + 3;
      const other = settled[at] === '1' ? '2' : '1';
      const altered = `${settled.slice(0, at)}${other}${settled.slice(at + 1)}`;
      const text = canonicalText(auditBundle, { ...bundle, bodies: { ...bundle.bodies, settled: altered } });
      assert.ok(!(await verifyBundle(nodePrimitives, text, checkpoint)).holds, part);
    }
  });

  it('are refused with the reason, and no number is taken for them', async () => {
    const phone = await token();
    const good = { number: 7, beganMs: fromMs + 70 * MINUTE_MS, fromWh: 24_000n, energyWh: 1_000n };
    const elsewhere = await token({ audience: { kind: 'outlet', evseId: 'US*DUK*EGAR*2' } });
    const small = await token({ limits: { sessions: 1, energyWh: 999n, costMicros: 20_000_000n } });
    const stranger = await token({ home: testKey('alp-1') });
    const tomorrow = await token({ fromMs: fromMs + 80 * MINUTE_MS });
    const cases: readonly (readonly [string, string, PhoneToken])[] = [
      ['TOKEN_OTHER_CHARGER', await record(elsewhere, good), elsewhere],
      ['TOKEN_OVER_ENERGY', await record(small, good), small],
      ['LEAVE_OTHER', await record(phone, good), elsewhere],
      ['LEAVE_OTHER', await record(stranger, good), stranger],
      ['TOKEN_NOT_YET', await record(tomorrow, good), tomorrow],
      ['METER_INVALID', await record(phone, good, () => testKey('another-meter')), phone],
      ['OVERLAP', await record(phone, { ...good, fromWh: 23_999n }), phone],
      ['NUMBER_TAKEN', await record(phone, { ...good, number: 1 }), phone],
      ['RECORD_MALFORMED', 'AAAA', phone],
    ];
    for (const [code, text, { leave }] of cases) {
      const answer = await ask(text, leave);
      assert.deepEqual([answer.outcome, answer.outcome === 'refused' && answer.code], ['refused', code]);
    }
  });

  it('are booked at most up to what the token allows, over chargers that cannot talk: the utility bears the rest', async () => {
    const laneId = `${DUKE}-${ALABAMA}-garage`;
    const phone = await token({ limits: { sessions: 1, energyWh: 9_000n, costMicros: 20_000_000n } });
    const at = { fromWh: 24_000n, energyWh: 1_000n };
    const one = await record(phone, { ...at, number: 4, beganMs: fromMs + 70 * MINUTE_MS });
    const two = await record(phone, { ...at, number: 5, fromWh: 25_000n, beganMs: fromMs + 90 * MINUTE_MS });
    await untilBooked(one, phone.leave);
    const refused = await until('the second is refused', async () => {
      const answer = await ask(two, phone.leave);
      return answer.outcome === 'refused' ? answer : undefined;
    });
    assert.equal(refused.code, 'OVER_EXPOSURE');
    assert.deepEqual(await ask(two, phone.leave), refused);
    await untilState(rig, `${laneId}-5`, 'voided');
  });

  it('wait for no session that nobody pays: one that was refused, or that cost nothing', async () => {
    const phone = await token();
    const told = { number: 6, beganMs: fromMs + 101 * MINUTE_MS, lastedMs: MINUTE_MS, energyWh: 500n };
    // After the second charger's session, which was refused.
    const free = await record(phone, { ...told, fromWh: 26_000n, isFree: true });
    const answer = await ask(free, phone.leave);
    assert.ok(answer.outcome === 'refused' && answer.code === 'FREE', JSON.stringify(answer));
    const beganMs = fromMs + 104 * MINUTE_MS;
    const paid = await record(phone, { ...told, number: 8, beganMs, fromWh: 26_500n });
    await untilBooked(paid, phone.leave);
    const gap = await record(phone, {
      ...told,
      number: 9,
      beganMs: beganMs + 2 * MINUTE_MS,
      fromWh: 27_001n,
    });
    assert.equal((await ask(gap, phone.leave)).outcome, 'later');
  });

  it('are known to a gateway that lost its database, and are not booked again', async () => {
    const fresh = await rig.start(DUKE, 'offline_booking_lost');
    for (const { record: again, leave, sessionId } of booked)
      assert.equal(await untilBooked(again, leave, fresh), sessionId);
  });

  it('come sealed, by any phone, and their charger is told to forget them once they are booked', async () => {
    const evseId = 'US*DUK*EGAR*2';
    const ofOutlet = encodeURIComponent(evseId);
    const path = `/operator/v1/offline/chargers/${ofOutlet}/certificate`;
    const { operator } = await until('the charger is vouched for', async () => {
      const { status, body } = await rig.duke.ask('operator', 'PUT', path, { key: testKey('charger').open });
      return status === 200 ? chargerCertificate.parse(body) : undefined;
    });
    const phone = await token({ audience: { kind: 'outlet', evseId } });
    const seal = async (number: number, text: string) => {
      const plain = unwrap(decodeCbor(new Uint8Array(Buffer.from(text, 'base64url'))));
      const reader = new Uint8Array(Buffer.from(operator.readerPoint, 'base64url'));
      const bytes = await sealFor(NODE_SUITE, reader, plain, encodeCbor([evseId, number]));
      return { evseId, number, sealed: Buffer.from(bytes).toString('base64url') };
    };
    const sealed = await Promise.all(
      [1, 2].map(async (number) => {
        const told = { number, beganMs: fromMs + number * 20 * MINUTE_MS, energyWh: 8_000n };
        const text = await record(phone, { ...told, outlet: 1, fromWh: BigInt(number - 1) * 8_000n });
        return seal(number, text);
      }),
    );
    const bring = async (records: readonly object[], leaves: readonly string[] = []) => {
      const { status, body } = await rig.duke.ask('auditor', 'POST', '/offline/v1/records', {
        records,
        leaves,
      });
      assert.equal(status, 200, JSON.stringify(body));
      return carriedAnswer.parse(body);
    };
    const [first, second] = sealed;
    assert.ok(first && second);
    // The later one comes first; nothing is booked before home's leave is known.
    for (const some of [[second], [first, second]]) {
      const { records, receipts } = await bring(some);
      assert.deepEqual([records.map(({ state }) => state), receipts], [some.map(() => 'taken'), []]);
    }
    const answer = await until('both are booked', async () => {
      const told = await bring([first, second], [phone.leave]);
      return told.records.every(({ state }) => state === 'booked') ? told : undefined;
    });
    const [receipt, ...more] = answer.receipts;
    assert.deepEqual([receipt?.evseId, more], [evseId, []]);
    const namedIn = (text: string): unknown => {
      const word = unwrap(decodeCbor(new Uint8Array(Buffer.from(text, 'base64url'))));
      const [, , payload] = word as readonly Uint8Array[];
      return unwrap(decodeCbor(payload ?? new Uint8Array()));
    };
    assert.deepEqual(namedIn(receipt?.receipt ?? ''), ['roamgrid-receipt', evseId, [1, 2]]);
    // What nobody will ever pay would fill its charger, where its meter signed it; what another meter signed names no session of it.
    const free = { beganMs: fromMs + 52 * MINUTE_MS, energyWh: 100n, isFree: true };
    const refused = [
      await seal(3, await record(phone, { ...free, number: 3, outlet: 1, fromWh: 16_000n })),
      await seal(
        4,
        await record(phone, { ...free, number: 4, outlet: 1, fromWh: 16_100n }, () => testKey('x')),
      ),
    ];
    const unpaid = await until('both are refused', async () => {
      const told = await bring(refused, [phone.leave]);
      return told.records.every(({ state }) => state === 'refused') ? told : undefined;
    });
    assert.deepEqual(
      unpaid.receipts.map(({ receipt: each }) => namedIn(each)),
      [['roamgrid-receipt', evseId, [3]]],
    );
    const { body } = await rig.duke.ask('operator', 'GET', `/operator/v1/offline/records?evseId=${ofOutlet}`);
    assert.deepEqual(
      keptRecords
        .parse(body)
        .records.map(({ number, state }) => [number, state])
        .sort(),
      [
        [1, 'booked'],
        [2, 'booked'],
        [3, 'refused'],
        [4, 'refused'],
      ],
    );
  });

  it('are added up by their tokens from the bodies of a party, by whoever audits the ledger', async () => {
    const { ledger } = await proveAll(rig, []);
    const { items } = await get(rig.alabama, 'cdrs?role=hun&limit=500', cdrPage);
    const tokens = new Set(items.flatMap(({ offline, profileId }) => (offline && profileId) ?? []));
    assert.ok(tokens.size > 2 && items.length > tokens.size);
    assert.equal(ledger.bodies?.tokens, tokens.size);
  });
});
