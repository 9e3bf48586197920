import assert from 'node:assert/strict';
import { billingReading, type BillingReading } from './billing-reading.ts';
import { parseOcmf } from './ocmf-document.ts';

/** What a field of a reading says; the numbers are written as they stand. */
interface Written {
  readonly TM?: string;
  readonly TX?: string;
  readonly RV?: string;
  readonly RU?: string;
  readonly EF?: string;
  readonly ST?: string;
}

const BEGIN_MS = Date.UTC(2024, 4, 1, 8);

const readingText = ({
  TM = '10:00:00,000+0200 S',
  TX,
  RV = '1000.123',
  RU = 'kWh',
  EF,
  ST = 'G',
}: Written) =>
  [
    `{"TM":"2024-05-01T${TM}"`,
    ...(TX === undefined ? [] : [`"TX":"${TX}"`]),
    `"RV":${RV},"RI":"1-b:1.8.0","RU":"${RU}"`,
    ...(EF === undefined ? [] : [`"EF":"${EF}"`]),
    `"ST":"${ST}"}`,
  ].join(',');

const documentOf = (readings: readonly Written[], version = '"1.4"') => {
  const payload = `{"FV":${version},"PG":"T1","MS":"M1","RD":[${readings.map(readingText).join(',')}]}`;
  const parsed = parseOcmf(`OCMF|${payload}|{"SD":"00"}`);
  if (!parsed.ok) assert.fail(parsed.error.message);
  return parsed.value;
};

const billed = (readings: readonly Written[], side: 'begin' | 'end'): BillingReading | string => {
  const reading = billingReading(documentOf(readings), side);
  return reading.ok ? reading.value : reading.error.message;
};
const begin = (reading: Written) => billed([{ TX: 'B', ...reading }], 'begin');

const refusal = (found: BillingReading | string) => (typeof found === 'string' ? found : 'none');

describe('a reading that is billed', () => {
  it('is the one that begins, or ends, and no other', () => {
    const both = [{ TX: 'B' }, { TX: 'E', TM: '11:00:00,000+0200 S', RV: '1010.456' }];
    assert.deepEqual(billed(both, 'begin'), {
      atMs: BEGIN_MS,
      registerMilliWh: 1_000_123_000n,
      register: 'import',
      clock: 'S',
      errorFlags: '',
    });
    const end = billed(both, 'end');
    assert.equal(typeof end === 'string' ? end : end.registerMilliWh, 1_010_456_000n);
    for (const TX of ['L', 'R', 'A', 'P']) assert.notEqual(typeof billed([{ TX }], 'end'), 'string');
    for (const TX of ['C', 'X', 'S', 'T']) {
      assert.match(refusal(billed([{ TX }], 'end')), /has 0 readings that end/);
    }
    assert.match(refusal(billed([{ TX: 'B' }, { TX: 'B' }], 'begin')), /has 2 readings that begin/);
    assert.match(refusal(billed([{}], 'begin')), /has 0 readings that begin/);
  });

  it('has a register down to a milliwatt-hour; what is finer, negative or no energy is refused', () => {
    const register = (RV: string, RU = 'kWh') => {
      const reading = begin({ RV, RU });
      return typeof reading === 'string' ? reading : reading.registerMilliWh;
    };
    assert.equal(register('2935.6'), 2_935_600_000n);
    assert.equal(register('7'), 7_000_000n);
    assert.equal(register('1000.1234'), 1_000_123_400n);
    assert.equal(register('0.123456'), 123_456n);
    assert.equal(register('0.12345600'), 123_456n);
    assert.equal(register('12.345', 'Wh'), 12_345n);
    const refused = (RV: string, RU: string) =>
      assert.equal(register(RV, RU), `the register ${RV} ${RU} is not energy down to a milliwatt-hour`);
    refused('0.1234567', 'kWh');
    refused('1.2345', 'Wh');
    refused('-1', 'kWh');
    refused('1', 'mOhm');
  });

  it('can have its register as text, padded as meters in the field pad it; the record says so', () => {
    const document = documentOf([{ TX: 'B', RV: '"       3.988"' }]);
    const reading = billingReading(document, 'begin');
    assert.equal(reading.ok && reading.value.registerMilliWh, 3_988_000n);
    assert.deepEqual(document.leniencies, ['RV_AS_TEXT']);
    assert.match(refusal(begin({ RV: '"3,988"' })), /3,988 kWh is not energy/);
    assert.match(refusal(begin({ RV: '""' })), /is not energy/);
  });

  it('can be of a record whose version is a number; the record says so', () => {
    const document = documentOf([{ TX: 'B' }], '1.0');
    assert.equal(document.formatVersion, '1.0');
    assert.deepEqual(document.leniencies, ['FV_AS_NUMBER']);
    assert.deepEqual(documentOf([{ TX: 'B' }]).leniencies, []);
  });

  it('needs no synchronised clock, and tells which one the meter has', () => {
    for (const clock of ['S', 'R', 'I', 'U'] as const) {
      const reading = begin({ TM: `10:00:00,000+0200 ${clock}` });
      assert.equal(typeof reading === 'string' ? reading : reading.clock, clock);
    }
  });

  it('is refused when the meter is not good, each state by its name', () => {
    for (const ST of ['N', 'T', 'D', 'R', 'M', 'X', 'I', 'O', 'S', 'E', 'F']) {
      assert.equal(begin({ ST }), `the meter's status is ${ST}, not G`);
    }
  });

  it('is refused when its energy is flagged, and tells when its time is', () => {
    assert.equal(begin({ EF: 'E' }), 'the meter flags its energy as unusable');
    assert.equal(begin({ EF: 'Et' }), 'the meter flags its energy as unusable');
    assert.equal(begin({ EF: 'q' }), 'the meter flags q, which is no quantity of OCMF');
    const timeless = begin({ EF: 't' });
    assert.equal(typeof timeless === 'string' ? timeless : timeless.errorFlags, 't');
  });

  it('has no usable energy after an error in between, and none before it is touched', () => {
    const between = (EF: string) => [
      { TX: 'B' },
      { TX: 'X', RV: '1005', EF },
      { TX: 'E', RV: '1010.456', EF: '' },
    ];
    assert.equal(billed(between('E'), 'end'), 'the meter flags its energy as unusable');
    assert.notEqual(typeof billed(between('E'), 'begin'), 'string');
    assert.equal(billed(between(''), 'end'), 'the meter tells of an error and not of what it made unusable');
    const timeless = billed(between('t'), 'end');
    assert.equal(typeof timeless === 'string' ? timeless : timeless.errorFlags, 't');
    assert.equal(
      billed([{ TX: 'B' }, { TX: 'X', EF: 'E' }, { TX: 'E' }], 'end'),
      'the meter flags its energy as unusable',
      'a flag that the next reading leaves out goes on',
    );
  });
});
