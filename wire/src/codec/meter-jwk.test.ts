import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { datedMeterKey } from '../ledger/dated-keys.ts';
import { meterKeyId } from '../ledger/meter-key.ts';
import {
  derOfOcmf,
  isStatementSigned,
  meterPublicKey,
  missingCurves,
  signOcmf,
  verifyOcmf,
} from '../signature/index.ts';
import { METER_CURVES, meterJwk, type MeterCurve } from './meter-jwk.ts';

/** As Node names them. */
const NODE: Readonly<Partial<Record<MeterCurve, string>>> = { 'P-384': 'secp384r1', secp192r1: 'prime192v1' };

const pairOn = (crv: MeterCurve) => {
  const bytes = METER_CURVES[crv];
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: NODE[crv] ?? crv });
  const point = publicKey.export({ format: 'der', type: 'spki' }).subarray(-2 * bytes);
  const x = point.subarray(0, bytes).toString('base64url');
  const y = point.subarray(bytes).toString('base64url');
  return { privateKey, jwk: { kty: 'EC' as const, crv, x, y, kid: 'm1' } };
};

const STATEMENT = {
  gateway: { model: 'g', serial: 'G1', version: '1' },
  meter: { vendor: 'v', model: 'm', serial: 'M1', firmware: '1' },
  ...{ page: 1, evseId: 'US*DUK*E1*1', sessionId: 'USDUK-USALP-g0-1' },
  readings: [{ atMs: 1_700_000_000_000, sync: 'S', transaction: 'B', registerMilliWh: 5_000_000n }],
} as const;

describe('the public key of a meter', () => {
  for (const crv of Object.keys(METER_CURVES) as MeterCurve[])
    it(`is taken on ${crv}, and verifies what the meter signs there`, () => {
      const { privateKey, jwk } = pairOn(crv);
      const parsed = meterJwk.parse(jwk);
      assert.ok(datedMeterKey.safeParse({ ...jwk, fromMs: 1, meterId: 'M1', signedBy: 'meter' }).success);
      const text = signOcmf(STATEMENT, privateKey);
      assert.ok(verifyOcmf(text, meterPublicKey(parsed)).ok);
      const der = derOfOcmf(text);
      const byFacts = der.ok && isStatementSigned(STATEMENT, der.value, meterPublicKey(parsed));
      assert.equal(byFacts, crv === 'P-256', 'facts do not tell of a curve: they are of the usual one');
      assert.equal(verifyOcmf(text.replace('"T1"', '"T2"'), meterPublicKey(parsed)).ok, false);
      assert.equal(verifyOcmf(text, meterPublicKey(pairOn(crv).jwk)).ok, false);
      assert.equal(meterJwk.safeParse({ ...jwk, x: jwk.x.slice(1) }).success, false, 'a byte short');
    });

  it('is refused by name on a curve that OCMF does not have', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'secp521r1' });
    const refused = meterJwk.safeParse({ ...publicKey.export({ format: 'jwk' }), kid: 'm1' });
    assert.match(
      refused.error?.message ?? '',
      /no curve that a meter can be registered with.*brainpoolP384r1/,
    );
    assert.throws(
      () => signOcmf(STATEMENT, generateKeyPairSync('ec', { namedCurve: 'secp521r1' }).privateKey),
      {
        message: 'OCMF has no signatures on secp521r1',
      },
    );
  });

  it('is another one on another curve, and keeps its id on the usual one', () => {
    const { jwk } = pairOn('secp256k1');
    assert.notEqual(meterKeyId(jwk), meterKeyId({ ...jwk, crv: 'brainpoolP256r1' }));
    const known = { crv: 'P-256' as const, x: 'A'.repeat(43), y: 'B'.repeat(43) };
    assert.equal(meterKeyId(known), '0dbe9f51d54189a8a6988a54182f1747');
    assert.deepEqual(missingCurves(), [], 'this Node judges as any other');
  });
});
