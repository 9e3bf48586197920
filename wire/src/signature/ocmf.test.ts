import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { billingReading } from './billing-reading.ts';
import {
  derOfOcmf,
  isStatementSigned,
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
  readings: [{ atMs: 1_700_000_000_250, sync: 'S', transaction: 'B', registerMilliWh: 2_935_600_000n }],
  ...over,
});

const codeOf = (result: { ok: true } | { ok: false; error: { code: string } }) =>
  result.ok ? 'ok' : result.error.code;

describe('OCMF records of real meters', () => {
  it('verify with their published keys and give their registers to the milliwatt-hour', () => {
    const verified = verifyOcmf(LEM.text, LEM.key);
    assert.ok(verified.ok);
    assert.equal(verified.value.meterSerial, '1242050810');
    assert.equal(verified.value.evseId, 'FR*A23*E45B*78D');
    assert.deepEqual(verified.value.page, { context: 'T', number: 61 });
    assert.deepEqual(billingReading(verified.value, 'begin'), {
      ok: true,
      value: {
        atMs: Date.UTC(2025, 9, 26, 11, 50),
        registerMilliWh: 1_319_135_000n,
        clock: 'R',
        errorFlags: '',
        register: 'import',
      },
    });
    assert.deepEqual(billingReading(verified.value, 'end'), {
      ok: true,
      value: {
        atMs: Date.UTC(2025, 9, 26, 12, 6, 7),
        registerMilliWh: 1_328_281_000n,
        clock: 'R',
        errorFlags: '',
        register: 'import',
      },
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

  it('verify with the default algorithm, to tenths of a watt-hour and with an informative clock', () => {
    const verified = verifyOcmf(KEBA.text, KEBA.key);
    assert.ok(verified.ok);
    assert.equal(verified.value.meterSerial, '17619300');
    assert.equal(verified.value.readings[0]?.valueText, '0.2596');
    assert.deepEqual(billingReading(verified.value, 'begin'), {
      ok: true,
      value: {
        atMs: Date.UTC(2019, 7, 13, 10, 3, 15),
        registerMilliWh: 259_600n,
        clock: 'I',
        errorFlags: '',
        register: 'import',
      },
    });
    assert.deepEqual(billingReading(verified.value, 'end'), {
      ok: true,
      value: {
        atMs: Date.UTC(2019, 7, 13, 10, 3, 36),
        registerMilliWh: 259_700n,
        clock: 'R',
        errorFlags: '',
        register: 'import',
      },
    });
  });

  it('stop verifying when any digit changes, or with another key', () => {
    assert.equal(codeOf(verifyOcmf(LEM.text.replace('1319.135', '1319.134'), LEM.key)), 'OCMF_BAD_SIGNATURE');
    assert.equal(codeOf(verifyOcmf(LEM.text.replace(',"RU"', ', "RU"'), LEM.key)), 'OCMF_BAD_SIGNATURE');
    assert.equal(codeOf(verifyOcmf(LEM.text, KEBA.key)), 'OCMF_BAD_SIGNATURE');
  });
});

describe('OCMF statements of our meters', () => {
  it('are signed over their exact payload, with the register in kWh to tenths of a watt-hour', () => {
    assert.equal(
      ocmfPayload(statement()),
      '{"FV":"1.1","GI":"Roamgrid station","GS":"DUK-1","GV":"0.1.0","PG":"T7","MV":"Roamgrid","MM":"Simulated","MS":"DUK-1-M1","MF":"0.1.0","IS":false,"IL":"NONE","IF":["RFID_NONE","OCPP_NONE","ISO15118_NONE","PLMN_NONE"],"IT":"NONE","CT":"EVSEID","CI":"US*DUK*E0001*1","RD":[{"TM":"2023-11-14T22:13:20,250+0000 S","TX":"B","RV":2935.6000,"RI":"1-b:1.8.0","RU":"kWh","RT":"AC","EF":"","ST":"G"}]}',
    );
    const verified = verifyOcmf(signOcmf(statement(), meter.privateKey), meterKey);
    assert.ok(verified.ok);
    assert.deepEqual(billingReading(verified.value, 'begin'), {
      ok: true,
      value: {
        atMs: 1_700_000_000_250,
        registerMilliWh: 2_935_600_000n,
        clock: 'S',
        errorFlags: '',
        register: 'import',
      },
    });
  });

  it('carry every register, instant and flag exactly', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 18n }),
        fc.integer({ min: 0, max: 4_000_000_000_000 }),
        fc.constantFrom('S', 'R', 'I', 'U'),
        fc.constantFrom('', 't'),
        (registerMilliWh, atMs, clock, errorFlags) => {
          const flags = errorFlags === '' ? {} : { errorFlags };
          const text = signOcmf(
            statement({ readings: [{ atMs, sync: clock, transaction: 'E', registerMilliWh, ...flags }] }),
            meter.privateKey,
          );
          const verified = verifyOcmf(text, meterKey);
          assert.ok(verified.ok);
          assert.deepEqual(billingReading(verified.value, 'end'), {
            ok: true,
            value: { atMs, registerMilliWh, clock, errorFlags, register: 'import' },
          });
        },
      ),
      { numRuns: 100 },
    );
  });

  it('write a register to the last milliwatt-hour, never less than tenths of a watt-hour', () => {
    const written = (registerMilliWh: bigint) => {
      const reading = { atMs: 0, sync: 'S', transaction: 'B', registerMilliWh } as const;
      return /"RV":([^,]*),/.exec(ocmfPayload(statement({ readings: [reading] })))?.[1];
    };
    assert.equal(written(0n), '0.0000');
    assert.equal(written(1n), '0.000001');
    assert.equal(written(1_234_500n), '1.2345');
    assert.equal(written(1_234_567n), '1.234567');
    assert.equal(written(30_000_000n), '30.0000');
  });

  it('refuse the separator in a field, and a tariff text that is too long', () => {
    assert.throws(() => signOcmf(statement({ evseId: 'a|b' }), meter.privateKey), RangeError);
    assert.throws(() => ocmfPayload(statement({ tariffText: 'a|b' })), RangeError);
    assert.throws(() => ocmfPayload(statement({ tariffText: 'x'.repeat(251) })), RangeError);
  });

  it('name the session and what the driver was offered, after the identification', () => {
    const named = statement({ sessionId: 's1', tariffText: 'x'.repeat(250) });
    assert.ok(
      ocmfPayload(named).includes(`,"IT":"CENTRAL","ID":"s1","TT":"${'x'.repeat(250)}","CT":"EVSEID",`),
    );
    const parsed = parseOcmf(signOcmf(named, meter.privateKey));
    assert.ok(parsed.ok);
    assert.equal(parsed.value.centralId, 's1');
    assert.equal(parsed.value.tariffText, 'x'.repeat(250));
    assert.ok(ocmfPayload(statement({ tariffText: '€ 0,25' })).includes('"IT":"NONE","TT":"€ 0,25","CT"'));
  });

  it('can be written anew from their facts alone: the signature is all that has to travel', () => {
    const register = fc.bigInt({ min: 0n, max: 10n ** 15n });
    const instant = fc.integer({ min: 0, max: 4_000_000_000_000 });
    const offered = fc.option(fc.string({ maxLength: 250 }).filter((text) => !text.includes('|')));
    fc.assert(
      fc.property(
        register,
        instant,
        offered,
        fc.integer({ min: 0, max: 10 ** 14 }),
        (from, atMs, text, page) => {
          const facts = () =>
            statement({
              page,
              sessionId: 'DUK-00000017',
              ...(text !== null && { tariffText: text }),
              readings: [
                { atMs, sync: 'I', transaction: 'B', registerMilliWh: from },
                { atMs: atMs + 1, sync: 'R', transaction: 'E', registerMilliWh: from + 1n, errorFlags: 't' },
              ],
            });
          const der = derOfOcmf(signOcmf(facts(), meter.privateKey));
          assert.ok(der.ok);
          assert.equal(isStatementSigned(facts(), der.value, meterKey), true);
          assert.equal(isStatementSigned({ ...facts(), page: page + 1 }, der.value, meterKey), false);
          assert.equal(isStatementSigned({ ...facts(), tariffText: 'another' }, der.value, meterKey), false);
        },
      ),
      { numRuns: 50 },
    );
    assert.equal(codeOf(derOfOcmf('OCMF|{}')), 'OCMF_MALFORMED');
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
      [wrap(minimal, '{"SA":"ECDSA-secp521r1-SHA256","SD":"00"}'), 'OCMF_UNSUPPORTED'],
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
