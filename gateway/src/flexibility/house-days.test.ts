import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { DAY_MS, dayOf, DAY_SLOTS, SLOT_MS } from '@roamgrid/domain/flexibility';
import {
  auditedHouseDayPage,
  bodyHash,
  canonicalText,
  chargeRunAnswer,
  flexDayBody,
  flexEventBody,
  flexHouseBody,
  houseDayPage,
  meterJwk,
  packBodies,
  sealBody,
  settledHouseDay,
  signTwoWay,
} from '@roamgrid/wire';
import { passUntil, testNow } from '../testing/clock.ts';
import { AGREEMENT_ID, ALABAMA, DUKE, FLEXIBILITY } from '../testing/consortium.ts';
import { gatewayRig, until, type GatewayRig } from '../testing/gateway-rig.ts';
import { proveAll } from '../testing/prove-all.ts';

const HOUR_MS = 3_600_000;
const PAIR = { agreementId: AGREEMENT_ID, vun: DUKE, hun: ALABAMA };
const newSalt = () => randomBytes(32).toString('hex');

describe('houses that are flexible', function () {
  this.timeout(120_000);
  let rig: GatewayRig;
  before(async () => {
    rig = await gatewayRig('houses');
  });
  after(() => rig.close());

  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const meterId = 'meter-of-h1';
  const house = sealBody(flexHouseBody, {
    ...{ houseId: 'h1', ...PAIR, cinRef: newSalt(), meterId, salt: newSalt() },
    meterKey: meterJwk.parse({ ...publicKey.export({ format: 'jwk' }), kid: meterId }),
  });
  const registers = { in: 5_000_000n, out: 0n };
  /** The meter's next day, by Wh taken and given in each quarter-hour. */
  const dayOfMeter = (dayMs: number, load: (slot: number) => readonly [bigint, bigint]) => {
    const readings = [
      { atMs: dayMs, importMilliWh: registers.in, exportMilliWh: registers.out },
      ...Array.from({ length: DAY_SLOTS }, (_none, slot) => {
        const [taken, given] = load(slot);
        registers.in += taken * 1_000n;
        registers.out += given * 1_000n;
        const atMs = dayMs + (slot + 1) * SLOT_MS;
        return { atMs, importMilliWh: registers.in, exportMilliWh: registers.out };
      }),
    ];
    const statement = signTwoWay(meterId, 1, readings, privateKey);
    const text = canonicalText(flexDayBody, {
      ...{ houseId: 'h1', dayMs, statementHash: bodyHash(statement), salt: newSalt() },
      importMilliWh: readings.map(({ importMilliWh }) => importMilliWh),
      exportMilliWh: readings.map(({ exportMilliWh }) => exportMilliWh),
    });
    return { text, statement };
  };
  type Day = ReturnType<typeof dayOfMeter>;

  const tell = async (gateway: GatewayRig['duke'], verb: string, command: object, transient: object) => {
    const told = await gateway.tell(
      {
        path: `grid/${verb}`,
        command: { commandId: `${verb}-${newSalt().slice(0, 8)}`, ...PAIR, ...command },
        transient: transient as Record<string, unknown>,
      },
      'aaa',
    );
    assert.equal(told.status, 200, JSON.stringify(told.body));
  };
  const record = (days: readonly Day[], before?: Day) =>
    tell(
      rig.alabama,
      'recordDays',
      { houseId: 'h1', count: days.length },
      {
        house: JSON.parse(house.text) as unknown,
        days: JSON.parse(packBodies(days.map(({ text }) => text))) as unknown,
        statements: JSON.parse(packBodies(days.map(({ statement }) => statement))) as unknown,
        ...(before && { before: JSON.parse(before.text) as unknown }),
      },
    );

  it('are paid for less, for energy in an event and beside it: settled by both, charged once, shown and proven', async () => {
    await tell(
      rig.alabama,
      'enrolHouse',
      { houseId: 'h1', bodyHash: house.hash },
      { house: JSON.parse(house.text) as unknown },
    );
    // The day that the ledger's clock is in: it is over by the wall's.
    const dayMs = dayOf(testNow(), { ...FLEXIBILITY, holidays: [] });
    const usual = Array.from({ length: 14 }, (_none, at) =>
      dayOfMeter(dayMs - (14 - at) * DAY_MS, () => [250n, 0n]),
    );
    await record(usual);
    const event = { eventId: 'e1', fromMs: dayMs + 18 * HOUR_MS, untilMs: dayMs + 20 * HOUR_MS };
    const called = sealBody(flexEventBody, { ...event, ...PAIR, reductionW: 5_000n, salt: newSalt() });
    await tell(
      rig.duke,
      'callEvent',
      { ...event, bodyHash: called.hash },
      { event: JSON.parse(called.text) as unknown },
    );

    await passUntil(dayMs + DAY_MS + 1_000);
    const today = dayOfMeter(dayMs, (slot) => {
      if (slot >= 72 && slot < 76) return [50n, 0n];
      if (slot >= 76 && slot < 80) return [0n, 1_050n];
      return slot === 40 ? [0n, 333n] : [250n, 0n];
    });
    await record([today], usual.at(-1));
    const settle = async () => {
      const told = await rig.alabama.ask('aaa', 'POST', `/internal/v1/houses/h1/days/${dayMs}/settle`);
      assert.equal(told.status, 200, JSON.stringify(told.body));
      return settledHouseDay.parse(told.body);
    };
    const settled = await settle();
    const [reduction, ...given] = settled.body.lines;
    assert.ok(reduction?.line === 'DR' && (reduction.days === 10 || reduction.days === 4));
    assert.deepEqual(
      [reduction.baselineWh, reduction.takenWh, reduction.energyWh, reduction.micros],
      [2_000n, 200n, 1_800n, 360_000n],
    );
    assert.deepEqual(given, [
      { line: 'V2G', eventId: 'e1', energyWh: 4_200n, micros: 1_050_000n },
      { line: 'EXPORT', energyWh: 333n, micros: 33_300n },
    ]);
    assert.deepEqual(await settle(), settled, 'told again it is what was settled');

    const periodId = new Date(testNow()).toISOString().slice(0, 7);
    const charged = async () => {
      const told = await rig.alabama.ask('aaa', 'POST', `/internal/v1/periods/${periodId}/charges`);
      assert.equal(told.status, 200, JSON.stringify(told.body));
      return chargeRunAnswer.parse(told.body).charges;
    };
    for (const _again of [1, 2]) {
      const [note, ...others] = await charged();
      assert.deepEqual([note?.record.vun, note?.record.hun, others], [ALABAMA, DUKE, []]);
      assert.deepEqual(
        note?.body.items.map((item) => item.kind === 'flexibility' && [item.line, item.amountMicros]),
        [
          ['DR', 360_000n],
          ['V2G', 1_050_000n],
          ['EXPORT', 33_300n],
        ],
      );
      assert.deepEqual([note.body.payableMicros, note.body.energyWh], [1_443_300n, 4_533n]);
    }

    const { body } = await rig.alabama.ask('aaa', 'GET', '/internal/v1/house-days');
    const [owed, ...more] = houseDayPage.parse(body).items;
    assert.deepEqual([owed?.body, more], [settled.body, []]);
    const foreign = await rig.duke.ask('aaa', 'GET', '/internal/v1/house-days');
    assert.deepEqual(houseDayPage.parse(foreign.body).items, []);
    const shownBy = async (gateway: Pick<GatewayRig['duke'], 'ask'>) => {
      const told = await gateway.ask('auditor', 'GET', '/auditor/v1/house-days?houseId=h1');
      return auditedHouseDayPage.parse(told.body).items[0];
    };
    const atDuke = await until('the other party reads it', async () => {
      const shown = await shownBy(rig.duke);
      return shown?.record.givenChargeId === undefined ? undefined : shown;
    });
    assert.deepEqual(atDuke.body, settled.body);
    const outside = await rig.auditor();
    const third = await until('an auditor reads it', () => shownBy(outside));
    assert.equal(third.body, undefined, 'a third sees that there was a day, and nothing of it');

    const { ledger } = await proveAll(rig, []);
    assert.deepEqual([ledger.bodies?.houseDays, ledger.bodies?.charges], [1, 1]);
  });
});
