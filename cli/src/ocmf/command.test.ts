import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { EXIT_CODES } from '../exit-codes.ts';
import { ocmfCommand } from './command.ts';
import type { OcmfVerdict } from './verdict.ts';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const KEY = publicKey.export({ format: 'pem', type: 'spki' }).toString();

interface Written {
  readonly TX: string;
  readonly RV: string;
  readonly EF?: string;
  readonly RI?: string;
  readonly clock?: string;
}

/** A record as the reported ones are, signed anew. */
const record = (readings: readonly Written[], head = '"FV":"1.4","PG":"T1"'): string => {
  const rows = readings.map(
    ({ TX, RV, EF = '', RI = '1-b:1.8.0', clock = 'S' }, index) =>
      `{"TM":"2024-05-01T1${index}:00:00,000+0200 ${clock}","TX":"${TX}","RV":${RV},"RI":"${RI}","RU":"kWh","RT":"AC","EF":"${EF}","ST":"G"}`,
  );
  const payload = `{${head},"GS":"G1","MS":"M1","RD":[${rows.join(',')}]}`;
  return `OCMF|${payload}|{"SD":"${sign('sha256', Buffer.from(payload), privateKey).toString('hex')}"}`;
};

const run = (text: string, key = KEY, more: readonly string[] = ['--json']) => {
  let [out, err, code] = ['', '', -1];
  const files: Readonly<Record<string, string>> = { 'r.ocmf': text, 'k.pem': key };
  ocmfCommand({
    read: (path) => {
      const found = files[path];
      if (found === undefined) throw new Error(`no such file ${path}`);
      return found;
    },
    out: (words) => (out += words),
    err: (words) => (err += words),
    exitCode: (value) => (code = value),
    exit: () => assert.fail('no exit'),
  }).parse(['verify', 'r.ocmf', '--key', 'k.pem', ...more], { from: 'user' });
  return { out, err, code };
};
const verdict = (text: string, key = KEY): OcmfVerdict & { code: number | string | undefined } => {
  const { out, code } = run(text, key);
  return { ...(JSON.parse(out) as OcmfVerdict), code: String(code) };
};

describe('roamgrid ocmf verify', () => {
  it('gives the energy of records as the field has them, with what it was lenient about', () => {
    const told = (text: string) => {
      const { energyKWh, leniencies, verified } = verdict(text);
      return [verified, energyKWh, leniencies];
    };
    const ends = (begin: string, end: string): Written[] => [
      { TX: 'B', RV: begin },
      { TX: 'E', RV: end },
    ];
    assert.deepEqual(told(record(ends('1000.1234', '1010.4567'))), [true, '10.3333', []]);
    assert.deepEqual(told(record(ends('"1000.123"', '"  1010.456"'))), [true, '10.333', ['RV_AS_TEXT']]);
    assert.deepEqual(told(record(ends('1', '2'), '"FV":1,"PG":"T1"')), [true, '1', ['FV_AS_NUMBER']]);
    const informative = ends('1', '2').map((each) => ({ ...each, clock: 'I' }));
    assert.deepEqual(told(record(informative)), [true, '1', []]);
    const device = ends('1', '2.5').map((each) => ({ ...each, RI: '01-00:B1.08.00*FF' }));
    assert.deepEqual(told(record(device)), [true, '1.5', []]);
  });

  it('bills nothing after an error in between, though the signature is good', () => {
    const text = record([
      { TX: 'B', RV: '1000.123' },
      { TX: 'X', RV: '1005', EF: 'E' },
      { TX: 'E', RV: '1010.456' },
    ]);
    const { verified, begin, end, energyKWh, code } = verdict(text);
    assert.deepEqual([verified, begin?.billable, end?.billable, energyKWh], [true, true, false, undefined]);
    assert.equal(code, String(EXIT_CODES.ok));
    assert.match(run(text, KEY, []).out, /end +not billable: the meter flags its energy as unusable/);
  });

  it('tells transaction and fiscal records apart', () => {
    const reading = [{ TX: 'B', RV: '1' }];
    assert.deepEqual(verdict(record(reading)).pagination, { kind: 'transaction', number: 1 });
    assert.deepEqual(verdict(record(reading, '"PG":"F42"')).pagination, { kind: 'fiscal', number: 42 });
  });

  it('ends with 4 for a bad signature, with 3 for no record, no key or no file', () => {
    const text = record([{ TX: 'B', RV: '1.5' }]);
    assert.equal(run(text).code, EXIT_CODES.ok);
    assert.equal(run(text.replace('1.5', '1.4')).code, EXIT_CODES.checkFailed);
    assert.equal(run('OCMF|{}|{}').code, EXIT_CODES.refused);
    assert.equal(run(text, 'no key').code, EXIT_CODES.refused);
    const missing = run(text, KEY, ['--key', 'elsewhere']);
    assert.deepEqual([missing.code, missing.out], [EXIT_CODES.refused, '']);
    assert.match(missing.err, /no such file elsewhere/);
  });
});
