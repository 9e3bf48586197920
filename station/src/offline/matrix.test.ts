import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unwrap } from '@roamgrid/domain';
import { verifyOcmf } from '@roamgrid/wire';
import { driverAt, type ChargeToken, type PlaceRules } from '@roamgrid/offline';
import { NODE_SUITE } from '@roamgrid/offline/node';
import { EVSE_ID, NOW_S, TOKEN } from '@roamgrid/offline/testing';
import { Lot, METER_KEY, START, STOP } from './lot.fixture.ts';

const TABLE = join(import.meta.dirname, '../../../docs/offline/matrix.md');
const [HOUR_S, DAY_S] = [3_600, 86_400];
/** The slot in which the clock of a lot stands. */
const SLOT = NOW_S - (NOW_S % 900);
const OTHER_DRIVER = new Uint8Array(8).fill(7);

/** Rows and columns of the table; the first column says the situation. */
const rows = readFileSync(TABLE, 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
const [[, ...columns] = [], , ...cells] = rows;

interface Situation {
  readonly token?: Partial<ChargeToken>;
  readonly rules?: Partial<PlaceRules>;
  readonly slots?: 'other' | 'own';
  /** Before the phone asks; with a phone of the same driver. */
  readonly first?: (lot: Lot, phone: Awaited<ReturnType<Lot['phone']>>) => Promise<void> | void;
}

const charged = async (lot: Lot, phone: Awaited<ReturnType<Lot['phone']>>): Promise<void> => {
  assert.equal(await lot.asks(phone, START), 'ok');
  await lot.pass(60_000);
  assert.equal(await lot.asks(phone, STOP), 'ok');
};
const group = (groupId: string) => ({ audience: { kind: 'group', groupId } as const });
const LONG = { expiresS: NOW_S + DAY_S };
const longer = { limits: { ...TOKEN.limits, sessions: 9 } };

/** How each situation of the table comes about. */
const SITUATIONS: Readonly<Record<string, (driver: Uint8Array) => Situation>> = {
  'nothing is in the way': () => ({}),
  'another session runs': () => ({
    first: async (lot) => assert.equal(await lot.asks(await lot.phone(group('CITY-HALL')), START), 'ok'),
  }),
  'no cable is plugged in': () => ({ first: (lot) => lot.bay.unplug() }),
  'the outlet has a fault': () => ({ first: (lot) => lot.bay.fail('ground-fault') }),
  // It is 15:30 in New York.
  "it is outside the location's hours": () => ({
    rules: { hours: [{ days: 127, fromMinute: 0, untilMinute: 930 }] },
  }),
  'the token is for this outlet alone': () => ({ token: { audience: TOKEN.audience } }),
  'the token is for another location group': () => ({ token: group('AIRPORT') }),
  'the token is for another outlet': () => ({
    token: { audience: { kind: 'outlet', evseId: 'US*DUK*EOTHER' } },
  }),
  'its drivers are listed, this is none of them': () => ({ rules: { drivers: [OTHER_DRIVER] } }),
  'its drivers are listed, this is one, the token is for this outlet alone': (driver) => ({
    ...{ rules: { drivers: [OTHER_DRIVER, driver] }, token: { audience: TOKEN.audience } },
  }),
  'another driver has reserved it for now': () => ({ rules: { reservations: true }, slots: 'other' }),
  'one has to reserve, and nobody has now': () => ({ rules: { reservations: true } }),
  'this driver has reserved it for now': () => ({ rules: { reservations: true }, slots: 'own' }),
  'reservations are off, another driver has one': () => ({ slots: 'other' }),
  "more is asked for than the token's money pays": () => ({
    token: { limits: { ...TOKEN.limits, costMicros: 2_191_999n } },
  }),
  'the token was used here already': () => ({ first: charged }),
  'the driver agreed to another price': () => ({
    token: { price: { ...TOKEN.price, microsPerKWh: 319_999n } },
  }),
  "the driver's second session on a day of one": () => ({
    ...{ rules: { sessionsADay: 1 }, token: longer, first: charged },
  }),
  'no session may be longer than 12 h, the token is good for longer': () => ({
    ...{ rules: { longestS: 12 * HOUR_S }, token: LONG },
  }),
  'the token has expired': () => ({ token: { notBeforeS: NOW_S - 60, expiresS: NOW_S } }),
};

describe('a session that nobody pays for', () => {
  it('takes nothing of the token, costs nothing, and fits no bill', async () => {
    const lot = await Lot.open();
    await lot.rule({ price: 'free' });
    const phone = await lot.phone();
    await charged(lot, phone);
    const said = unwrap(await lot.park.meet(phone, STOP, ({ answer }) => Promise.resolve(answer)));
    const [record] = await lot.collected();
    assert.deepEqual([said[2], record?.isFree, record?.facts.energyWh], [0, true, 367n]);
    const statement = unwrap(verifyOcmf(record?.facts.signed ?? '', METER_KEY));
    assert.equal(statement.tariffText, 'roamgrid-free 1');
    await lot.rule({});
    assert.equal(await lot.asks(phone, START), 'ok', 'the token is as it was');
    lot.close();
  });
});

describe('the check matrix of a charger without network', function () {
  this.timeout(30_000);
  const lots: Lot[] = [];
  afterEach(() => {
    for (const lot of lots.splice(0)) lot.close();
  });

  it('has a row for each situation, and a column for each kind of outlet, paid and free', () => {
    assert.deepEqual(cells.map(([situation]) => situation).sort(), Object.keys(SITUATIONS).sort());
    const kinds = ['public-all', 'public-shared', 'private'];
    assert.deepEqual(
      columns,
      kinds.flatMap((kind) => [`${kind} paid`, `${kind} free`]),
    );
  });

  for (const [situation = '', ...expected] of cells)
    for (const [at, column] of columns.entries())
      it(`${column}, ${situation}: ${expected[at]}`, async () => {
        const lot = await Lot.open();
        lots.push(lot);
        const [kind, pays] = column.split(' ');
        const keys = lot.driver();
        const driver = await driverAt(EVSE_ID, keys.key, NODE_SUITE);
        const { token, rules, slots, first } = SITUATIONS[situation]?.(driver) ?? assert.fail();
        await lot.rule({
          ...{ kind: kind as PlaceRules['kind'], price: pays === 'free' ? 'free' : TOKEN.price },
          ...{ zone: 'America/New_York', ...rules },
        });
        if (slots !== undefined)
          await lot.reserve([{ startS: SLOT, driver: slots === 'own' ? driver : OTHER_DRIVER }]);
        const phone = await lot.phone({ ...group('CITY-HALL'), ...token }, keys);
        await first?.(lot, phone);
        const met = await lot.park.meet(phone, START, ({ answer }) => Promise.resolve(answer));
        if (!met.ok) {
          assert.equal(met.error.code, expected[at]);
          return;
        }
        const [, beganS = 0, endsS] = unwrap(met);
        const [end, says] =
          endsS === SLOT + 900
            ? [SLOT + 900, 'ends with the slot']
            : endsS === Number(beganS) + 12 * HOUR_S + 1
              ? [endsS, 'ends after 12 h']
              : [token?.expiresS ?? TOKEN.expiresS, 'starts'];
        assert.deepEqual([says, endsS], [expected[at], end]);
      });
});
