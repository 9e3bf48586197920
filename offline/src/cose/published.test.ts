import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NODE_SUITE } from '../suite/node-suite.ts';
import { readSign1, verifySign1 } from './sign1.ts';

/**
 * Vectors of others, none of which is kept here: `ROAMGRID_VECTORS/cose` holds those of `cose-wg/Examples` (`sign1-tests`,
 * `ecdsa-examples/ecdsa-sig-*`, `CWT/A_3.json`), `ROAMGRID_VECTORS/wycheproof` the P-1363 file of P-256 and SHA-256 of `C2SP/wycheproof`.
 */
const { ROAMGRID_VECTORS } = process.env;

interface CoseVector {
  readonly title: string;
  readonly fail?: boolean;
  readonly input: {
    readonly sign0?: {
      readonly key: { readonly x: string; readonly y: string };
      readonly external?: string;
    };
  };
  readonly output: { readonly cbor: string };
}

interface Wycheproof {
  readonly testGroups: readonly {
    readonly publicKey: { readonly wx: string; readonly wy: string };
    readonly tests: readonly {
      readonly tcId: number;
      readonly msg: string;
      readonly sig: string;
      readonly result: string;
    }[];
  }[];
}

const COORDINATE_BYTES = 32;
const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
const base64url = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64url'));
/** Hex of a coordinate that may have zeros in front or lack them. */
const coordinate = (text: string): Uint8Array => {
  const bytes = Buffer.from(text.length % 2 === 0 ? text : `0${text}`, 'hex');
  const whole = Buffer.alloc(COORDINATE_BYTES);
  bytes.subarray(-COORDINATE_BYTES).copy(whole, Math.max(0, COORDINATE_BYTES - bytes.length));
  return new Uint8Array(whole);
};
const read = (...path: readonly string[]): unknown =>
  JSON.parse(readFileSync(join(ROAMGRID_VECTORS ?? '', ...path), 'utf8'));

/** What is right by the specification and refused here all the same, and why. */
const STRICTER: Readonly<Record<string, string>> = {
  'sign-pass-01.json': 'SIGN1_ALGORITHM', // the algorithm is not among what is signed
};

describe('published vectors', () => {
  if (ROAMGRID_VECTORS === undefined) {
    console.log('skipped: cose, wycheproof');
    return;
  }
  const files = readdirSync(join(ROAMGRID_VECTORS, 'cose')).filter((name) => name.startsWith('sign-'));
  for (const name of files)
    it(`${name} of the COSE working group is as expected`, async () => {
      const { fail, input, output } = read('cose', name) as CoseVector;
      assert.ok(input.sign0);
      const { key, external = '' } = input.sign0;
      const one = readSign1(hex(output.cbor));
      const point = { x: base64url(key.x), y: base64url(key.y) };
      const result = one.ok ? await verifySign1(one.value, point, NODE_SUITE, hex(external)) : one;
      const stricter = STRICTER[name];
      if (stricter !== undefined) assert.equal(!result.ok && result.error.code, stricter);
      else assert.equal(result.ok, fail !== true);
    });

  it('every ECDSA signature of Wycheproof is as expected', async () => {
    const { testGroups } = read('wycheproof', 'ecdsa_secp256r1_sha256_p1363_test.json') as Wycheproof;
    let seen = 0;
    for (const { publicKey, tests } of testGroups)
      for (const { tcId, msg, sig, result } of tests) {
        seen += 1;
        const key = { x: coordinate(publicKey.wx), y: coordinate(publicKey.wy) };
        assert.equal(await NODE_SUITE.verify(key, hex(msg), hex(sig)), result === 'valid', `test ${tcId}`);
      }
    assert.ok(seen > 200, `${seen} tests`);
  });
});
