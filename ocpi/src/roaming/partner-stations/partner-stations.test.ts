import assert from 'node:assert/strict';
import type { KeyObject } from 'node:crypto';
import { operatorStatement } from '@roamgrid/station-kit';
import { parseOcmf } from '@roamgrid/wire';
import { until } from '../../testing/until.ts';
import { meterKey, openStations, pair, type Fresh, type Json } from './testing/rig.ts';

const isOpen = (row: Json) => row['state'] === 'open';

describe('our customers at a partner’s stations', () => {
  let rig: Awaited<ReturnType<typeof openStations>>;
  before(async () => {
    rig = await openStations();
  });
  beforeEach(() => rig.calm());
  after(() => rig.close());

  it('are authorised at an outlet that is named, and asked again get the same answer', async () => {
    const which = rig.fresh();
    const first = await rig.authorise(which.location);
    assert.equal(first.allowed, 'ALLOWED');
    assert.match(first.authorization_reference ?? '', /^[0-9a-f-]{36}$/);
    assert.deepEqual(await rig.authorise(which.location), first);
    const asked = rig.gateway.received.filter(({ path }) => path.endsWith('/swipes'));
    assert.deepEqual(
      asked.map(({ body }) => [body['token'], body['method']]),
      [[{ type: 'rfid', value: '04A1B2C3D4E580' }, 'remote']],
    );
    const nowhere = await rig.authorise();
    assert.equal(nowhere.allowed, 'NOT_ALLOWED');
    assert.match(nowhere.info?.text ?? '', /say the location/);
    assert.equal((await rig.authorise({ location_id: 'L-elsewhere' })).allowed, 'NOT_ALLOWED');
  });

  it('are refused as home says it, and when nobody can say it', async () => {
    const which = rig.fresh();
    rig.gateway.moods.refusesSwipes = 'LIMIT_EXCEEDED';
    assert.equal((await rig.authorise(which.location)).allowed, 'NO_CREDIT');
    rig.gateway.moods.refusesSwipes = 'CUSTOMER_BLOCKED';
    assert.equal((await rig.authorise(which.location)).allowed, 'BLOCKED');
    delete rig.gateway.moods.refusesSwipes;
    rig.gateway.moods.isAway = true;
    assert.equal((await rig.authorise(which.location)).allowed, 'NOT_ALLOWED');
    rig.gateway.moods.isAway = false;
    assert.equal((await rig.authorise(which.location)).allowed, 'ALLOWED');
    const ids = rig.gateway.received.slice(-2).map(({ body }) => body['swipeId']);
    assert.equal(ids[0], ids[1], 'what was lost is asked for again by its number');
  });

  it('charge by the price that the partner showed; its CDR ends the session once, however often it comes', async () => {
    const which = rig.fresh();
    const { authorization_reference } = await rig.authorise(which.location);
    await rig.tellSession(which, '0.000', { authorization_reference });
    await rig.session(which, 'a start', isOpen);
    await rig.tellSession(which, '4.5', { authorization_reference });
    await until('a report', () => rig.atOutlet(which)[0]?.readings.at(-1)?.registerMilliWh === '4500000');
    const cdr = rig.cdrOf(which, '9.999', '2.9997', { authorization_reference });
    await rig.tellCdr(cdr);
    await rig.tellCdr(cdr);
    const row = await rig.settled(which);
    assert.deepEqual(row['differences'], []);
    await rig.tellSession(which, '9.999', { authorization_reference, status: 'COMPLETED' });
    await rig.inboxEmpty();
    assert.deepEqual(rig.billed(which), [9_999_000n]);
    const [consent] = rig.atOutlet(which).map((one) => one.consent.split('.')[1] ?? '');
    const said = JSON.parse(Buffer.from(consent ?? '', 'base64url').toString()) as Json;
    assert.equal(said['method'], 'partner');
    const signed = parseOcmf(String(rig.atOutlet(which)[0]?.stop?.['signedEnd']));
    assert.equal(signed.ok && signed.value.meterSerial, `RHK-DOOR-${which.at}`);
  });

  it('pay what the ledger makes of it where the CDR says otherwise, and the difference is told by line', async () => {
    const which = rig.fresh();
    await rig.authorise(which.location);
    await rig.tellSession(which, '0');
    await rig.session(which, 'a start', isOpen);
    await rig.tellCdr(rig.cdrOf(which, '10.0', '4.00'));
    const row = await rig.settled(which);
    assert.deepEqual(row['differences'], [
      { field: 'total_cost.before_taxes', declared: '4', computed: '3' },
      { field: 'total_cost.after_taxes', declared: '4', computed: '3' },
    ]);
    const differing = await rig.listed('partner-sessions?differing=true');
    assert.ok(differing.some(({ sessionKey }) => sessionKey === which.id));
  });

  it('pay for no more than the CDR states, also where the session had stated more', async () => {
    const which = rig.fresh();
    await rig.authorise(which.location);
    await rig.tellSession(which, '0');
    await rig.session(which, 'a start', isOpen);
    await rig.tellSession(which, '8.0');
    await until('a report', () => rig.atOutlet(which)[0]?.readings.at(-1)?.registerMilliWh === '8000000');
    await rig.tellSession(which, '5.0');
    await rig.tellCdr(rig.cdrOf(which, '6.0', '1.80'));
    assert.deepEqual((await rig.settled(which))['differences'], []);
    assert.deepEqual(rig.billed(which), [6_000_000n]);
    const next = await rig.authorise(which.location);
    assert.equal(next.allowed, 'ALLOWED', 'the outlet is free again');
  });

  it('are billed by a CDR alone while the offer holds, and not at all afterwards', async () => {
    const which = rig.fresh();
    const { authorization_reference } = await rig.authorise(which.location);
    await rig.tellCdr(rig.cdrOf(which, '3.0', '0.90', { authorization_reference }));
    assert.deepEqual((await rig.settled(which))['differences'], []);
    assert.deepEqual(rig.billed(which), [3_000_000n]);
    const late = rig.fresh();
    await rig.authorise(late.location);
    rig.pass(400_000);
    await rig.tellCdr(rig.cdrOf(late, '3.0', '0.90'));
    const noted = await rig.unbilled(late);
    assert.deepEqual([noted['code'], noted['milliWh']], ['over-before-authorised', '3000000']);
    assert.deepEqual(rig.billed(late), []);
  });

  it('are stopped when the gateway says so, and what flows past that is nobody’s', async () => {
    const which = rig.fresh();
    await rig.authorise(which.location);
    await rig.tellSession(which, '0');
    await rig.session(which, 'a start', isOpen);
    rig.gateway.moods.stopsAtMilliWh = 5_000_000n;
    await rig.tellSession(which, '5.0');
    const sent = await until('a command', () =>
      rig.platform.heard.find(({ path }) => path === '/receiver/commands/STOP_SESSION'),
    );
    assert.equal((JSON.parse(sent.body) as Json)['session_id'], which.id);
    const row = await rig.session(
      which,
      'its fate',
      ({ stop }) => stop === 'not-possible' || stop === 'asked',
    );
    assert.equal(row['state'], 'open');
    await rig.tellCdr(rig.cdrOf(which, '12.0', '3.60'));
    const [first] = (await rig.settled(which))['differences'] as readonly Json[];
    assert.equal(first?.['field'], 'total_cost.before_taxes');
    assert.deepEqual(rig.billed(which), [10_000_000n], 'what was agreed');
    assert.deepEqual([(await rig.unbilled(which))['code']], ['over-limit']);
    assert.equal(rig.atOutlet(which)[0]?.stop?.['endReason'], 'limit');
  });

  it('whom home refuses at the partner’s word are stopped, and nobody is billed', async () => {
    const which = rig.fresh();
    rig.gateway.moods.refusesSwipes = 'CUSTOMER_BLOCKED';
    await rig.tellSession(which, '0.2', { auth_method: 'WHITELIST' });
    await until('a command', () => rig.platform.heard.some(({ path }) => path.endsWith('/STOP_SESSION')));
    assert.deepEqual([(await rig.unbilled(which))['code'], rig.billed(which)], ['refused', []]);
  });

  it('whom the partner let charge by its list are billed from when home says yes', async () => {
    const which = rig.fresh();
    await rig.tellSession(which, '0.5', { auth_method: 'WHITELIST' });
    await rig.session(which, 'a start', isOpen);
    await rig.tellCdr(rig.cdrOf(which, '2.5', '0.75', { auth_method: 'WHITELIST' }));
    await rig.settled(which);
    assert.deepEqual(rig.billed(which), [2_000_000n]);
    const noted = await rig.unbilled(which);
    assert.deepEqual([noted['code'], noted['milliWh']], ['before-consent', '500000']);
  });

  it('are billed once when answers are lost and the gateway is away', async () => {
    const which = rig.fresh();
    await rig.authorise(which.location);
    rig.gateway.moods.losesAnswers = /sessions$/;
    await rig.tellSession(which, '0');
    await until('a start whose answer was lost', () => rig.atOutlet(which).length === 1);
    rig.gateway.moods.isAway = true;
    await rig.tellCdr(rig.cdrOf(which, '4.0', '1.20'));
    rig.gateway.moods.isAway = false;
    rig.gateway.moods.losesAnswers = /stop$/;
    await until('a stop whose answer was lost', () => rig.atOutlet(which)[0]?.stop !== undefined);
    delete rig.gateway.moods.losesAnswers;
    assert.deepEqual((await rig.settled(which))['differences'], []);
    assert.deepEqual(rig.billed(which), [4_000_000n]);
  });

  it('are billed by what the outlet’s own meter signed, where that is registered and verifies', async () => {
    const signedBy = (which: Fresh, key: KeyObject) => {
      const begin = { atMs: rig.startOf(which.id), registerMilliWh: 700_000_000n, charging: true };
      return operatorStatement(
        { evseId: `US*DUK*E${which.at}*1`, operatorMeter: { meterId: `METER-RHK-${which.at}`, key } },
        {
          ...{ machine: 'meter', stationId: 'st', sessionId: 'x', tariffText: '', page: 1, begin },
          end: { ...begin, atMs: begin.atMs + 1_000, registerMilliWh: 704_000_000n },
        },
      );
    };
    const evidence = async (key: KeyObject): Promise<string> => {
      const which = rig.fresh();
      await rig.authorise(which.location);
      await rig.tellSession(which, '0');
      await rig.session(which, 'a start', isOpen);
      const values = [{ nature: 'End', plain_data: '', signed_data: signedBy(which, key) }];
      const signed_data = { encoding_method: 'OCMF', signed_values: values };
      await rig.tellCdr(rig.cdrOf(which, '4.0', '1.20', { signed_data }));
      await rig.settled(which);
      const parsed = parseOcmf(String(rig.atOutlet(which)[0]?.stop?.['signedEnd']));
      return parsed.ok ? parsed.value.meterSerial.replace(/\d+$/, '') : '';
    };
    assert.equal(await evidence(meterKey.privateKey), 'METER-RHK-');
    assert.equal(await evidence(pair().privateKey), 'RHK-DOOR-');
    rig.gateway.moods.refusesMeter = true;
    assert.equal(await evidence(meterKey.privateKey), 'RHK-DOOR-', 'it was not taken');
  });

  it('asked about again while they charge get the same answer, also when the offer has run out', async () => {
    const which = rig.fresh();
    const first = await rig.authorise(which.location);
    await rig.tellSession(which, '0');
    await rig.session(which, 'a start', isOpen);
    rig.pass(400_000);
    assert.deepEqual(await rig.authorise(which.location), first);
    await rig.tellSession(which, '2', { status: 'COMPLETED' });
    await rig.inboxEmpty();
    const next = await rig.authorise(which.location);
    assert.equal(next.allowed, 'ALLOWED', 'the next driver does not wait for the CDR of the one before');
    assert.notEqual(next.authorization_reference, first.authorization_reference);
    await rig.tellCdr(rig.cdrOf(which, '2.5', '0.75'));
    await rig.settled(which);
    const noted = await rig.unbilled(which);
    assert.deepEqual(
      [noted['code'], noted['milliWh'], rig.billed(which)],
      ['after-end', '500000', [2_000_000n]],
    );
  });

  it('pay for one CDR of a session, and for none of a session that the partner calls invalid', async () => {
    const which = rig.fresh();
    const { authorization_reference } = await rig.authorise(which.location);
    const more = { authorization_reference };
    await rig.tellCdr(rig.cdrOf(which, '1.0', '0.30', { ...more, session_id: undefined }));
    await until('a bill', () => rig.billed(which)[0] === 1_000_000n);
    await rig.tellSession(which, '1.0', more);
    await rig.tellCdr(rig.cdrOf(which, '3.0', '0.90', { ...more, id: `C-${which.at}-B` }));
    const second = await until('a note', async () =>
      (await rig.listed('partner-unbilled')).find(({ key }) => key === `C-${which.at}-B`),
    );
    assert.deepEqual([second['code'], rig.billed(which)], ['second-cdr', [1_000_000n]]);
    const invalid = rig.fresh();
    await rig.authorise(invalid.location);
    await rig.tellSession(invalid, '0');
    await rig.session(invalid, 'a start', isOpen);
    await rig.tellSession(invalid, '3', { status: 'INVALID' });
    await until('an end', () => rig.atOutlet(invalid)[0]?.stop !== undefined);
    assert.deepEqual(rig.billed(invalid), [0n]);
  });

  it('show a token that was shown to the partner, at an outlet that is registered: others are refused', async () => {
    const which = rig.fresh();
    const cdr_token = { country_code: 'US', party_id: 'DUK', uid: 'MADE-UP', type: 'RFID', contract_id: 'C' };
    await rig.tellSession(which, '1', { cdr_token });
    assert.equal((await rig.unbilled(which))['code'], 'token-unknown');
    const elsewhere = rig.fresh();
    await rig.tellSession(elsewhere, '1', { evse_uid: 'E-elsewhere' });
    assert.equal((await rig.unbilled(elsewhere))['code'], 'outlet-unknown');
    assert.deepEqual([...rig.billed(which), ...rig.billed(elsewhere)], []);
  });

  it('in any order, twice or never, are billed at most once and for no more than the CDR states', async () => {
    // A fixed sequence of choices, so that a failure comes back.
    let seed = 20_261_129;
    const below = (n: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * n);
    };
    const runs = Array.from({ length: 10 }, () => rig.fresh());
    await Promise.all(
      runs.map(async (which) => {
        const kwh = 1 + below(8);
        const reference =
          below(2) === 0 ? undefined : (await rig.authorise(which.location)).authorization_reference;
        const more = reference === undefined ? {} : { authorization_reference: reference };
        rig.startOf(which.id);
        const cdr = rig.cdrOf(which, kwh.toString(), (kwh * 0.3).toFixed(2), more);
        const messages: (() => Promise<void>)[] = [
          () => rig.tellSession(which, '0', more),
          () => rig.tellSession(which, below(12).toString(), more),
          () => rig.tellSession(which, kwh.toString(), { ...more, status: 'COMPLETED' }),
          () => rig.tellCdr(cdr),
        ];
        for (let told = 0; told < 7; told += 1) await messages[below(messages.length)]?.();
        await rig.tellCdr(cdr);
        await rig.session(which, 'an end', ({ state }) => state === 'closed' || state === 'refused');
        const gains = await until('the end taken', () => {
          const all = rig.atOutlet(which);
          return all.every(({ stop }) => stop !== undefined) ? rig.billed(which) : undefined;
        });
        assert.ok(gains.length <= 1, `${which.id} is billed ${gains.length} times`);
        assert.ok(
          gains.every((gain) => gain <= BigInt(kwh) * 1_000_000n),
          `${which.id}: ${gains[0]} of ${kwh} kWh`,
        );
      }),
    );
  });
});
