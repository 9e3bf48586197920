import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { billingReading, parseOcmf, recordedReadingOf, signOcmf } from '@roamgrid/wire';
import type { Reading } from './ocmf-facts.ts';
import { saysReading, statementOf } from './ocmf-text.ts';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** A meter's statement of both ends, with a payload that differs as asked. */
const statement = (change: (payload: string) => string = (payload) => payload): string =>
  change(
    signOcmf(
      {
        gateway: { model: 'Other', serial: 'GW-1', version: '2' },
        meter: { vendor: 'Other', model: 'M', serial: 'METER-9', firmware: '1' },
        page: 7,
        evseId: 'US*DUK*E0001*1',
        sessionId: 'USDUK-USALP-g0-17',
        tariffText: '0.30 a kWh',
        readings: [
          { atMs: 1_700_000_000_250, sync: 'S', transaction: 'B', registerMilliWh: 259_600n },
          // Beyond 2^53: a register that went through a float would come out another.
          { atMs: 1_700_000_360_007, sync: 'S', transaction: 'E', registerMilliWh: 9_007_199_254_740_993n },
        ],
      },
      privateKey,
    ),
  );

/** What the ledger would have of a side, by the contracts' own reading of the statement. */
const recorded = (text: string, side: 'begin' | 'end'): Reading | undefined => {
  const document = parseOcmf(text);
  const reading = document.ok ? billingReading(document.value, side) : document;
  if (!reading.ok) return undefined;
  const { registerMilliWh, ...rest } = recordedReadingOf({ ...reading.value, charging: true }, reading.value);
  return { ...rest, registerMilliWh: registerMilliWh.toString() };
};

const FITTING: Readonly<Record<string, (payload: string) => string>> = {
  'as our meters write it': (payload) => payload,
  'with a zone of its own': (payload) => payload.replaceAll('+0000', '+02:00'),
  'with an unknown clock': (payload) => payload.replaceAll('+0000 S', '+0000 U'),
  'with a time error from the begin on': (payload) => payload.replace('"EF":""', '"EF":"t"'),
  'with registers as text': (payload) => payload.replace(/"RV":([\d.]+)/g, '"RV": " $1"'),
  'in Wh': (payload) => payload.replace('"RV":0.2596', '"RV":259.6').replace('"RU":"kWh"', '"RU":"Wh"'),
  'with another import code': (payload) => payload.replaceAll('1-b:1.8.0', '01-00:01.08.00*FF'),
  'with fields of the reading before left out': (payload) =>
    payload.replace(/(9007199254\.740993),"RI":"1-b:1.8.0","RU":"kWh","RT":"AC","EF":"","ST":"G"/, '$1'),
};

const UNFIT: Readonly<Record<string, (payload: string) => string>> = {
  'an energy error': (payload) => payload.replace('"EF":""', '"EF":"E"'),
  'an error that says not of what': (payload) =>
    payload.replace(
      '"RD":[',
      '"RD":[{"TM":"2023-11-14T22:13:19,000+0000 S","TX":"X","EF":"","ST":"G","RV":0,"RI":"1-b:2.8.0","RU":"kWh"},',
    ),
  'a status that is not good': (payload) => payload.replaceAll('"ST":"G"', '"ST":"M"'),
  'an export register': (payload) => payload.replaceAll('1-b:1.8.0', '1-b:2.8.0'),
  'a register finer than a milliwatt-hour': (payload) => payload.replace(/"RV":[\d.]+/g, '"RV":1.0000001'),
  'two ends': (payload) => payload.replace('"TX":"B"', '"TX":"L"'),
};

describe('a foreign meter’s statement in the browser', () => {
  for (const [how, change] of Object.entries(FITTING)) {
    it(`says what the contracts read in it, ${how}`, () => {
      const text = statement(change);
      const read = statementOf(text);
      assert.ok(read !== undefined);
      for (const side of ['begin', 'end'] as const) {
        const reading = recorded(text, side);
        assert.ok(reading !== undefined, side);
        assert.notEqual(saysReading(read, side, reading), undefined, side);
        const others: readonly Reading[] = [
          { ...reading, registerMilliWh: `${BigInt(reading.registerMilliWh) + 1n}` },
          { ...reading, atMs: reading.atMs + 1 },
          { ...reading, clock: 'I' },
          { atMs: reading.atMs, registerMilliWh: reading.registerMilliWh, charging: true, clock: 'R' },
        ];
        for (const other of others)
          assert.equal(saysReading(read, side, other), undefined, JSON.stringify(other));
      }
    });
  }

  for (const [what, change] of Object.entries(UNFIT)) {
    it(`bills nothing by a statement with ${what}, as the contracts do not`, () => {
      const text = statement(change);
      const asWritten = recorded(statement(), 'end');
      assert.equal(recorded(text, 'end'), undefined);
      const read = statementOf(text);
      assert.ok(read !== undefined && asWritten !== undefined);
      const [, register] = [...text.matchAll(/"RV":([\d.]+)/g)].map(([, value]) => value);
      for (const registerMilliWh of [
        asWritten.registerMilliWh,
        '1000000',
        register?.replace('.', '') ?? '',
      ]) {
        for (const errorFlags of [{}, { errorFlags: 't' as const }]) {
          assert.equal(saysReading(read, 'end', { ...asWritten, registerMilliWh, ...errorFlags }), undefined);
        }
      }
    });
  }

  it('names its meter, outlet, session, tariff and page', () => {
    const { readings: _readings, ...rest } = statementOf(statement()) ?? {};
    assert.deepEqual(rest, {
      meterId: 'METER-9',
      evseId: 'US*DUK*E0001*1',
      sessionId: 'USDUK-USALP-g0-17',
      tariffText: '0.30 a kWh',
      page: 7,
    });
    assert.equal(statementOf(statement((payload) => payload.replace('"PG":"T7"', '"PG":"F7"'))), undefined);
    assert.equal(statementOf('OCMF|{}|{}'), undefined);
  });
});
