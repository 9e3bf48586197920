import assert from 'node:assert/strict';
import { meterKeyId, type JsonValue } from '@roamgrid/wire';
import { call, by, KEYS, makeKey, SET_UP_MS, station } from '../../testing/parties.ts';
import { closeSession, readingsOf, type CloseOptions } from '../../testing/closed.ts';
import { Lane } from '../../testing/lane.ts';
import { withGroundwork } from '../../testing/prepared.ts';
import { openedMsOf, openSession, SITE } from '../../testing/opened.ts';

/** Sessions of one outlet that a meter signs or its operator vouches for. */

const OPERATOR_METER = 'DUK-R-0001';
const OPERATOR_KEY = makeKey('duk-operator-1');
const BY_OPERATOR: CloseOptions = { meterKey: OPERATOR_KEY, meterSerial: OPERATOR_METER };

const outlet = (over: Record<string, JsonValue> = {}): JsonValue => ({
  evseId: SITE.evseId,
  meterId: SITE.meterId,
  operatorMeter: { meterId: OPERATOR_METER, meterKey: { ...OPERATOR_KEY.jwk } },
  maxPowerW: '150000',
  ...over,
});
const BOTH = outlet({ meterKey: { ...KEYS.meter.jwk } });

/** A ledger whose outlet is registered so, with sessions 1 and 2 open. */
const opened = async (evse: JsonValue) => {
  const ledger = await withGroundwork();
  const told = { caller: by('USDUK', 'operator'), verb: 'consortium.registerStation', nowMs: SET_UP_MS };
  await ledger.submit(call({ ...told, command: { station: { ...station(), evses: [evse] } } }));
  const lane = new Lane();
  const sessions = await Promise.all([openSession(1), openSession(2)]);
  await ledger.submit(call(lane.open(sessions)));
  const [one, two] = sessions;
  return { ledger, lane, one, two };
};

describe('session.settle, at an outlet that its operator may vouch for,', () => {
  it('takes the operator’s statement, and the meter’s beside it, each with registers of its own', async () => {
    const { ledger, lane, one, two } = await opened(BOTH);
    const first = closeSession(one, BY_OPERATOR);
    await ledger.submit(call(lane.settle('b1', [first], { meterKey: OPERATOR_KEY.jwk })));
    lane.settled([first], { meterKey: OPERATOR_KEY.jwk });
    // The meter's own register is far below the operator's, and nothing of it was billed yet.
    const readings = readingsOf(2).map((reading) => ({
      ...reading,
      registerMilliWh: reading.registerMilliWh - 1_900_000_000n,
    }));
    assert.equal(await ledger.refusal(call(lane.settle('b2', [closeSession(two, { readings })]))), 'ok');
    assert.notEqual(meterKeyId(OPERATOR_KEY.jwk), meterKeyId(KEYS.meter.jwk));
  });

  it('bills no time of the outlet by both keys', async () => {
    const { ledger, lane, one } = await opened(BOTH);
    const openedAtMs = openedMsOf(1) + 20 * 60_000;
    const during = await openSession(3, { openedAtMs });
    await ledger.submit(call(lane.open([during])));
    const readings = readingsOf(1).map((reading) => ({ ...reading, atMs: reading.atMs + 20 * 60_000 }));
    const twice = closeSession(during, { readings, ...BY_OPERATOR });
    assert.equal(await ledger.refusal(call(lane.settle('b1', [closeSession(one), twice]))), 'OVERLAP');
    assert.equal(await ledger.refusal(call(lane.settle('b1', [twice]))), 'ok');
  });

  it('takes the operator’s statement alone where no meter signs, and not after the outlet has none', async () => {
    const vouched = await opened(outlet());
    const told = call(vouched.lane.settle('b1', [closeSession(vouched.one, BY_OPERATOR)]));
    assert.equal(await vouched.ledger.refusal(told), 'ok');
    const signed = await opened(
      outlet({ meterKey: { ...KEYS.meter.jwk }, operatorMeter: undefined as never }),
    );
    const refused = call(signed.lane.settle('b1', [closeSession(signed.one, BY_OPERATOR)]));
    assert.equal(await signed.ledger.refusal(refused), 'BAD_SIGNATURE');
  });

  const cases: readonly (readonly [what: string, options: CloseOptions])[] = [
    ['the operator’s register signed by the meter', { meterSerial: OPERATOR_METER }],
    ['the meter’s register signed by the operator', { meterKey: OPERATOR_KEY }],
    ['the operator’s whole statements signed by the meter', { meterSerial: OPERATOR_METER, texts: {} }],
    ['the meter’s whole statements signed by the operator', { meterKey: OPERATOR_KEY, texts: {} }],
    [
      'a begin of the meter and an end of the operator',
      { ...BY_OPERATOR, texts: { begin: [OPERATOR_METER, SITE.meterId] } },
    ],
  ];
  for (const [what, options] of cases) {
    it(`refuses ${what}`, async () => {
      const { ledger, lane, one } = await opened(BOTH);
      const told = call(lane.settle('b1', [closeSession(one, options)]));
      assert.equal(await ledger.refusal(told), 'BAD_SIGNATURE');
    });
  }
});

describe('consortium.registerStation, of what signs an outlet’s readings,', () => {
  const refusalOf = async (...evses: JsonValue[]) => {
    const ledger = await withGroundwork();
    const told = { caller: by('USDUK', 'operator'), verb: 'consortium.registerStation' };
    return ledger.refusal(call({ ...told, command: { station: { ...station(), evses } } }));
  };
  const bare = { evseId: SITE.evseId, meterId: SITE.meterId, maxPowerW: '150000' };

  it('asks for one key at least, and for meters and keys that are apart', async () => {
    const meterKey = { ...KEYS.meter.jwk };
    const other = { ...OPERATOR_KEY.jwk };
    assert.equal(await refusalOf(bare), 'INVALID_ARGUMENT');
    const sameKey = { ...bare, meterKey, operatorMeter: { meterId: OPERATOR_METER, meterKey } };
    assert.equal(await refusalOf(sameKey), 'INVALID_ARGUMENT');
    const sameMeter = { ...bare, meterKey, operatorMeter: { meterId: SITE.meterId, meterKey: other } };
    assert.equal(await refusalOf(sameMeter), 'INVALID_ARGUMENT');
    assert.equal(await refusalOf(BOTH), 'ok');
  });

  it('never takes back as one kind a key that was registered as the other', async () => {
    const switched = { ...bare, operatorMeter: { meterId: OPERATOR_METER, meterKey: { ...KEYS.meter.jwk } } };
    assert.equal(await refusalOf(switched), 'CONFLICT');
    const kid = { ...KEYS.meter.jwk, kid: 'another' };
    assert.equal(
      await refusalOf({ ...bare, operatorMeter: { meterId: OPERATOR_METER, meterKey: kid } }),
      'CONFLICT',
    );
  });
});
