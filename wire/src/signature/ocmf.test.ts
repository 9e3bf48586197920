import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import {
  billingReading,
  meterPublicKey,
  ocmfPayload,
  signOcmf,
  verifyOcmf,
  type MeterStatement,
} from './ocmf.ts';
import { parseOcmf } from './ocmf-document.ts';
import { formatOcmfTime, parseOcmfTime } from './ocmf-time.ts';
import { publicJwk } from '../codec/scalars.ts';

// Published records of real stations with their keys: a LEM DCBM meter (test data of the S.A.F.E. transparency
// software's web edition) and a KEBA KCP30 (that software's published example). Facts, not code.
const LEM = {
  text: 'OCMF|{"FV":"1.0","GI":"LEM DCBM","GS":"1242050810","GV":"v1","PG":"T61","MV":"LEM","MS":"1242050810","MF":"MU-2.3.0.1_SU-0.1.3.0","IS":true,"IL":"TRUSTED","IF":["RFID_NONE","OCPP_RS_TLS","ISO15118_NONE","PLMN_NONE"],"IT":"NONE","ID":"O-b9d89940be03-10802","CT":"EVSEID","CI":"FR*A23*E45B*78D","RD":[{"TM":"2025-10-26T12:50:00,000+0100 R","TX":"B","RV":1319.135,"RI":"1-0:1.8.0","RU":"kWh","RT":"DC","EF":"","ST":"G","UC":{"UN":"No_Comp","UI":0,"UR":0}},{"RV":7.641,"RI":"1-0:2.8.0","RU":"kWh","ST":"G"},{"TM":"2025-10-26T13:06:07,000+0100 R","TX":"E","RV":1328.281,"RI":"1-0:1.8.0","RU":"kWh","ST":"G"},{"RV":7.641,"RI":"1-0:2.8.0","RU":"kWh","ST":"G"}]}|{"SA":"ECDSA-secp256r1-SHA256","SD":"304502202FFD57E359C7470E8717FBBB0A5BCE0CCF96EC56268CC95B8862FE3E1CD07EA90221009DE6CF26F3D79411D083CD4BEE9715EE852E730DECFCD83036DF0DDF9EFBC0AD"}',
  key: createPublicKey({
    key: Buffer.from(
      'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEkHMaeos/DzzyiEI3lThC8rGWOTQE7cFIW2e05ceyw9W9WTShJIWs62jDQezHBod1w6lT2G1uTHD0rAWqdTMhHA==',
      'base64',
    ),
    format: 'der',
    type: 'spki',
  }),
};
const KEBA = {
  text: 'OCMF|{"FV":"1.0","GI":"KEBA_KCP30","GS":"17619300","GV":"2.8.5","PG":"T32","IS":false,"IL":"NONE","IF":["RFID_NONE","OCPP_NONE","ISO15118_NONE","PLMN_NONE"],"IT":"NONE","ID":"","RD":[{"TM":"2019-08-13T10:03:15,000+0000 I","TX":"B","EF":"","ST":"G","RV":0.2596,"RI":"1-b:1.8.0","RU":"kWh"},{"TM":"2019-08-13T10:03:36,000+0000 R","TX":"E","EF":"","ST":"G","RV":0.2597,"RI":"1-b:1.8.0","RU":"kWh"}]}|{"SD":"304502200E2F107C987A300AC1695CA89EA149A8CDFA16188AF0A33EE64B67964AA943F9022100889A72B6D65364BEA8562E7F6A0253157ACFF84FE4929A93B5964D23C4265699"}',
  key: createPublicKey({
    key: Buffer.from(
      '3059301306072A8648CE3D020106082A8648CE3D030107034200043AEEB45C392357820A58FDFB0857BD77ADA31585C61C430531DFA53B440AFBFDD95AC887C658EA55260F808F55CA948DF235C2108A0D6DC7D4AB1A5E1A7955BE',
      'hex',
    ),
    format: 'der',
    type: 'spki',
  }),
};

const meter = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const meterKey = meterPublicKey(publicJwk.parse({ ...meter.publicKey.export({ format: 'jwk' }), kid: 'm1' }));
const statement = (over: Partial<MeterStatement> = {}): MeterStatement => ({
  gateway: { model: 'Roamgrid station', serial: 'DUK-1', version: '0.1.0' },
  meter: { vendor: 'Roamgrid', model: 'Simulated', serial: 'DUK-1-M1', firmware: '0.1.0' },
  page: 7,
  evseId: 'US*DUK*E0001*1',
  readings: [{ atMs: 1_700_000_000_250, sync: 'S', transaction: 'B', registerWh: 2_935_600n }],
  ...over,
});

const codeOf = (result: { ok: true } | { ok: false; error: { code: string } }) =>
  result.ok ? 'ok' : result.error.code;

describe('OCMF records of real meters', () => {
  it('verify with their published keys and give whole watt-hours', () => {
    const verified = verifyOcmf(LEM.text, LEM.key);
    assert.ok(verified.ok);
    assert.equal(verified.value.meterSerial, '1242050810');
    assert.equal(verified.value.evseId, 'FR*A23*E45B*78D');
    assert.deepEqual(verified.value.page, { context: 'T', number: 61 });
    assert.deepEqual(billingReading(verified.value, 'begin'), {
      ok: true,
      value: { atMs: Date.UTC(2025, 9, 26, 11, 50), registerWh: 1_319_135n },
    });
    assert.deepEqual(billingReading(verified.value, 'end'), {
      ok: true,
      value: { atMs: Date.UTC(2025, 9, 26, 12, 6, 7), registerWh: 1_328_281n },
    });
  });

  it('inherit the fields that a reading leaves out, but not its value', () => {
    const parsed = parseOcmf(LEM.text);
    assert.ok(parsed.ok);
    const [, second] = parsed.value.readings;
    assert.equal(second?.time.atMs, Date.UTC(2025, 9, 26, 11, 50));
    assert.equal(second.transaction, 'B');
    assert.equal(second.valueText, '7.641');
  });

  it('verify with the default algorithm, but do not bill a fraction of a watt-hour or an informative clock', () => {
    const verified = verifyOcmf(KEBA.text, KEBA.key);
    assert.ok(verified.ok);
    assert.equal(verified.value.meterSerial, '17619300');
    assert.equal(verified.value.readings[0]?.valueText, '0.2596');
    assert.equal(codeOf(billingReading(verified.value, 'begin')), 'OCMF_NOT_BILLABLE');
    assert.equal(codeOf(billingReading(verified.value, 'end')), 'OCMF_NOT_BILLABLE');
  });

  it('stop verifying when any digit changes, or with another key', () => {
    assert.equal(codeOf(verifyOcmf(LEM.text.replace('1319.135', '1319.134'), LEM.key)), 'OCMF_BAD_SIGNATURE');
    assert.equal(codeOf(verifyOcmf(LEM.text.replace(',"RU"', ', "RU"'), LEM.key)), 'OCMF_BAD_SIGNATURE');
    assert.equal(codeOf(verifyOcmf(LEM.text, KEBA.key)), 'OCMF_BAD_SIGNATURE');
  });
});

describe('OCMF statements of our meters', () => {
  it('are signed over their exact payload, with the register as a decimal of three places', () => {
    assert.equal(
      ocmfPayload(statement()),
      '{"FV":"1.0","GI":"Roamgrid station","GS":"DUK-1","GV":"0.1.0","PG":"T7","MV":"Roamgrid","MM":"Simulated","MS":"DUK-1-M1","MF":"0.1.0","IS":false,"IL":"NONE","IF":["RFID_NONE","OCPP_NONE","ISO15118_NONE","PLMN_NONE"],"IT":"NONE","CT":"EVSEID","CI":"US*DUK*E0001*1","RD":[{"TM":"2023-11-14T22:13:20,250+0000 S","TX":"B","RV":2935.600,"RI":"1-b:1.8.0","RU":"kWh","RT":"AC","EF":"","ST":"G"}]}',
    );
    const verified = verifyOcmf(signOcmf(statement(), meter.privateKey), meterKey);
    assert.ok(verified.ok);
    assert.deepEqual(billingReading(verified.value, 'begin'), {
      ok: true,
      value: { atMs: 1_700_000_000_250, registerWh: 2_935_600n },
    });
  });

  it('carry every register and instant exactly', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 18n }),
        fc.integer({ min: 0, max: 4_000_000_000_000 }),
        (registerWh, atMs) => {
          const text = signOcmf(
            statement({ readings: [{ atMs, sync: 'S', transaction: 'E', registerWh }] }),
            meter.privateKey,
          );
          const verified = verifyOcmf(text, meterKey);
          assert.ok(verified.ok);
          assert.deepEqual(billingReading(verified.value, 'end'), { ok: true, value: { atMs, registerWh } });
        },
      ),
      { numRuns: 100 },
    );
  });

  it('refuse the separator in a field', () => {
    assert.throws(() => signOcmf(statement({ evseId: 'a|b' }), meter.privateKey), RangeError);
  });

  it('bill only the one reading that begins, or ends, with a good meter and a clock that counts', () => {
    const reading = { atMs: 1, sync: 'S', transaction: 'B', registerWh: 1n } as const;
    const bill = (readings: MeterStatement['readings'], side: 'begin' | 'end') => {
      const parsed = parseOcmf(signOcmf(statement({ readings }), meter.privateKey));
      assert.ok(parsed.ok);
      return codeOf(billingReading(parsed.value, side));
    };
    assert.equal(bill([reading], 'begin'), 'ok');
    assert.equal(bill([reading], 'end'), 'OCMF_NOT_BILLABLE');
    assert.equal(bill([{ ...reading, transaction: 'R' }], 'end'), 'ok');
    assert.equal(bill([reading, reading], 'begin'), 'OCMF_NOT_BILLABLE');
    assert.equal(bill([{ ...reading, sync: 'U' }], 'begin'), 'OCMF_NOT_BILLABLE');
  });
});

describe('the OCMF parser', () => {
  const wrap = (payload: string, signature = '{"SD":"00"}') => `OCMF|${payload}|${signature}`;
  const minimal = '{"PG":"T1","MS":"m","RD":[{"TM":"2024-02-29T00:00:00,000+0000 S","ST":"G"}]}';

  it('refuses each defect by name', () => {
    const cases: readonly [string, string][] = [
      [minimal, 'OCMF_MALFORMED'],
      [`${wrap(minimal)}|`, 'OCMF_MALFORMED'],
      [wrap('{'), 'OCMF_MALFORMED'],
      [wrap(minimal.replace('T1', 'T01')), 'OCMF_MALFORMED'],
      [wrap(minimal.replace('"MS":"m",', '')), 'OCMF_MALFORMED'],
      [wrap(minimal.replace('02-29', '02-30')), 'OCMF_MALFORMED'],
      [wrap(minimal.replace(',"ST":"G"', '')), 'OCMF_MALFORMED'],
      [wrap(minimal, '{}'), 'OCMF_MALFORMED'],
      [wrap(minimal, '{"SA":"ECDSA-secp192r1-SHA256","SD":"00"}'), 'OCMF_UNSUPPORTED'],
      [wrap(minimal), 'ok'],
    ];
    for (const [text, code] of cases) assert.equal(codeOf(parseOcmf(text)), code, text);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (payload, signature) => {
        parseOcmf(wrap(payload, signature));
        verifyOcmf(wrap(minimal, `{"SD":${JSON.stringify(signature)}}`), meterKey);
      }),
    );
  });
});

describe('an OCMF time', () => {
  it('reads any offset and writes UTC', () => {
    const atMs = Date.UTC(2018, 6, 24, 11, 22, 4);
    for (const text of ['2018-07-24T13:22:04,000+0200 S', '2018-07-24T13:22:04,000+02:00 S']) {
      assert.deepEqual(parseOcmfTime(text), { ok: true, value: { atMs, sync: 'S' } });
    }
    assert.equal(formatOcmfTime({ atMs, sync: 'R' }), '2018-07-24T11:22:04,000+0000 R');
  });
});
