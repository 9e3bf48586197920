import assert from 'node:assert/strict';
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { billingReading } from './billing-reading.ts';
import { curveOf, derOf, meterKeyOf } from './ocmf-curves.ts';
import { parseOcmf } from './ocmf-document.ts';
import { verifyOcmf } from './ocmf.ts';

/** The seven curves of OCMF 1.4, table 22, with the names that records and Node have for them. */
const CURVES = [
  ['secp192k1', 'secp192k1', 24],
  ['secp256k1', 'secp256k1', 32],
  ['secp192r1', 'prime192v1', 24],
  ['secp256r1', 'prime256v1', 32],
  ['brainpool256r1', 'brainpoolP256r1', 32],
  ['brainpoolP256r1', 'brainpoolP256r1', 32],
  ['secp384r1', 'secp384r1', 48],
  ['brainpool384r1', 'brainpoolP384r1', 48],
] as const;

const PAYLOAD =
  '{"FV":"1.4","PG":"T1","MS":"M1","RD":[{"TM":"2024-05-01T10:00:00,000+0200 S","TX":"B","RV":1.5,"RI":"1-b:1.8.0","RU":"kWh","ST":"G"}]}';
const record = (name: string, privateKey: KeyObject): string => {
  const signature = sign('sha256', Buffer.from(PAYLOAD), privateKey).toString('hex');
  return `OCMF|${PAYLOAD}|{"SA":"ECDSA-${name}-SHA256","SD":"${signature}"}`;
};

describe('the curves of OCMF', () => {
  for (const [name, node, bytes] of CURVES) {
    it(`verify on ${name}, with the key in every form that is met, and not with another curve’s key`, () => {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: node });
      const text = record(name, privateKey);
      const der = publicKey.export({ format: 'der', type: 'spki' });
      const point = der.subarray(-(2 * bytes + 1)).toString('hex');
      const forms = [
        publicKey.export({ format: 'pem', type: 'spki' }).toString(),
        der.toString('base64'),
        der.toString('hex'),
        point,
        point.slice(2),
        point.toUpperCase().replace(/(.{8})/g, '$1 '),
      ];
      for (const form of forms) {
        const key = meterKeyOf(form, curveOf(`ECDSA-${name}-SHA256`));
        assert.ok(key.ok, form);
        assert.ok(verifyOcmf(text, key.value).ok, form);
      }
      const other = generateKeyPairSync('ec', {
        namedCurve: node === 'secp256k1' ? 'prime256v1' : 'secp256k1',
      });
      const refused = verifyOcmf(text, other.publicKey);
      assert.match(refused.ok ? '' : refused.error.message, /names the curve/);
      const stranger = generateKeyPairSync('ec', { namedCurve: node });
      assert.equal(verifyOcmf(text, stranger.publicKey).ok, false);
    });
  }

  it('verify with a signature of two bare numbers, and the record says so', () => {
    for (const node of ['prime256v1', 'secp384r1', 'secp192k1'] as const) {
      const name = node === 'prime256v1' ? 'secp256r1' : node;
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: node });
      // Enough of them that numbers with leading zeros and with the highest bit are among them.
      for (let attempt = 0; attempt < 40; attempt += 1) {
        const key = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const;
        const signature = sign('sha256', Buffer.from(PAYLOAD), key).toString('hex');
        const text = `OCMF|${PAYLOAD}|{"SA":"ECDSA-${name}-SHA256","SD":"${signature}"}`;
        const verified = verifyOcmf(text, publicKey);
        assert.ok(verified.ok);
        assert.deepEqual(verified.value.leniencies, ['SD_NOT_DER']);
      }
    }
  });

  it('are told from a framed signature by all of its frame, as two bare numbers may begin like one', () => {
    const framed = (first: number, second: number): Buffer =>
      Buffer.concat([
        Buffer.from([0x30, first + second + 4, 0x02, first]),
        Buffer.alloc(first, 0x11),
        Buffer.from([0x02, second]),
        Buffer.alloc(second, 0x11),
      ]);
    const whole = framed(20, 22);
    assert.deepEqual(derOf(whole, 'secp192k1'), { der: whole, isBare: false });
    for (const at of [2, 3, 24, 25]) {
      const bare = Buffer.from(whole);
      bare[at] = 0x34;
      const { der, isBare } = derOf(bare, 'secp192k1');
      assert.equal(isBare, true, String(at));
      assert.deepEqual(
        der,
        Buffer.concat([
          Buffer.from([0x30, 52, 0x02, 24]),
          bare.subarray(0, 24),
          Buffer.from([0x02, 24]),
          bare.subarray(24),
        ]),
      );
    }
  });

  it('are no others: a name that OCMF does not have, and what is no key, are refused by name', () => {
    assert.equal(curveOf('ECDSA-secp521r1-SHA512'), undefined);
    assert.equal(curveOf('RSA-2048'), undefined);
    assert.match(JSON.stringify(meterKeyOf('')), /there is no public key/);
    assert.match(JSON.stringify(meterKeyOf('not a key!')), /neither PEM nor hex nor base64/);
    assert.match(JSON.stringify(meterKeyOf('AAAA')), /cannot be read: give it as PEM/);
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const raw = record('secp256r1', privateKey).replace('"SD"', '"SM":"application/x-raw","SD"');
    assert.match(JSON.stringify(parseOcmf(raw)), /OCMF_UNSUPPORTED.*as application\/x-raw is no signature/);
    for (const text of [
      '',
      'not a key!',
      '04abcd',
      'AAAA',
      '-----BEGIN PUBLIC KEY-----\nAA\n-----END PUBLIC KEY-----',
    ])
      assert.equal(meterKeyOf(text, 'prime256v1').ok, false, text);
  });
});

/** A statement with these registers: code, value at the begin and at the end. */
const statement = (registers: readonly (readonly [obis: string, begin: string, end: string])[]) => {
  const reading = (obis: string, side: string, value: string) =>
    `{"TM":"2024-05-01T${side === 'B' ? '10' : '11'}:00:00,000+0200 S","TX":"${side}","RV":${value},"RI":"${obis}","RU":"kWh","ST":"G"}`;
  const rows = registers.flatMap(([obis, begin, end]) => [
    reading(obis, 'B', begin),
    reading(obis, 'E', end),
  ]);
  const parsed = parseOcmf(`OCMF|{"PG":"T1","MS":"M1","RD":[${rows.join(',')}]}|{"SD":"00"}`);
  assert.ok(parsed.ok);
  return parsed.value;
};
const billed = (registers: Parameters<typeof statement>[0]): string => {
  const document = statement(registers);
  const [begin, end] = [billingReading(document, 'begin'), billingReading(document, 'end')];
  if (!begin.ok || !end.ok) return 'none';
  assert.equal(begin.value.register, end.value.register);
  return `${end.value.register} ${end.value.registerMilliWh - begin.value.registerMilliWh}`;
};

describe('the register that counts', () => {
  it('is the car’s own in the specification’s example, cable loss left out', () => {
    const mains = ['01-0B:01.08.00*FF', '2935.6', '2965.1'] as const;
    const device = ['01-0B:B1.08.00*FF', '2905.6', '2934.6'] as const;
    const session = ['01-0B:B3.08.00*FF', '0', '29'] as const;
    for (const order of [
      [mains, device, session],
      [session, device, mains],
      [device, session, mains],
    ])
      assert.equal(billed(order), 'device 29000000');
    assert.equal(billed([mains, session]), 'device-transaction 29000000');
    assert.equal(billed([mains]), 'import 29500000');
  });

  it('is known under every code that meters write for it', () => {
    const names = {
      import: [
        '1-b:1.8.0',
        '1-0:1.8.0',
        '01-00:01.08.00*FF',
        '01-00:01.08.00.FF',
        '1-b:1.8.e',
        '1-0:1.8.0*255',
      ],
      'import-transaction': ['1-0:1.8.0*198'],
      device: ['01-00:B1.08.00*FF', '1-0b:b1.8.0'],
      'device-transaction': ['01-00:B3.08.00*FF', '01-00:B3.08.00.FF'],
      mains: ['01-00:B0.08.00*FF'],
      'mains-transaction': ['01-00:B2.08.00*FF'],
    };
    for (const [register, codes] of Object.entries(names))
      for (const code of codes) assert.equal(billed([[code, '1', '3.5']]), `${register} 2500000`, code);
  });

  it('is never an export, another quantity, or a reserved code', () => {
    for (const code of [
      '01-00:C1.08.00*FF',
      '1-0:2.8.0',
      '01-00:C3.08.00*FF',
      '01-00:B4.08.00*FF',
      '1-0:16.7.0',
      '8-0:1.8.0',
    ])
      assert.equal(billed([[code, '1', '3.5']]), 'none', code);
  });
});
