import assert from 'node:assert/strict';
import fc from 'fast-check';
import { unwrap } from '@roamgrid/domain';
import { decodeCbor, encodeCbor, type CborMap, type CborValue } from '../cbor/cbor.ts';
import { sign1 } from '../cose/sign1.ts';
import { NODE_SUITE } from '../suite/node-suite.ts';
import { EVSE_ID, HOME, MEMBERS, NOW_S, second, STRANGER, TOKEN, VISITED } from '../testing/consortium.ts';
import { issueChargeToken, MOST_TOKEN_BYTES, readChargeToken, type ChargeToken } from './charge-token.ts';
import { signIssuerList, takeIssuerList } from './issuer-list.ts';
import { believeToken, judgeStart, type ChargerSituation, type TokenUse } from './judge.ts';

const UNUSED: TokenUse = { sessions: 0, energyWh: 0n, costMicros: 0n };
const SIGNER = HOME.signer;
const KID = HOME.kid;
const ISSUERS = MEMBERS;
const there = (changes: Partial<ChargerSituation> = {}): ChargerSituation => ({
  evseId: EVSE_ID,
  groupIds: ['CITY-HALL'],
  nowS: NOW_S,
  usedOf: () => UNUSED,
  ...changes,
});
const wish = { energyWh: 6_850n };
const codeOf = (result: { readonly ok: boolean; readonly error?: { readonly code: string } }): string =>
  result.error?.code ?? 'starts';

/** Claims of a token with some of them changed. */
const changed = async (change: (claims: Map<CborValue, CborValue>) => void): Promise<Uint8Array> => {
  const payload = encodeCbor(unwrap(decodeCbor(await payloadOf(TOKEN))));
  const claims = new Map(unwrap(decodeCbor(payload)) as CborMap);
  change(claims);
  return encodeCbor(claims);
};
const payloadOf = async (token: ChargeToken): Promise<Uint8Array> => {
  const parts = unwrap(decodeCbor(await issueChargeToken(token, SIGNER))) as readonly CborValue[];
  return parts[2] as Uint8Array;
};

describe('a token that was agreed to ahead of time', () => {
  it('is read as it was issued, and is short enough to be handed over', async () => {
    const bytes = await issueChargeToken(TOKEN, SIGNER);
    assert.ok(bytes.length < MOST_TOKEN_BYTES, `${bytes.length} bytes`);
    assert.deepEqual(unwrap(await believeToken(bytes, ISSUERS, NODE_SUITE)), TOKEN);
    const longest = await issueChargeToken(
      { ...TOKEN, audience: { kind: 'outlet', evseId: 'US*DUK*E123456789012345678901234567890' } },
      SIGNER,
    );
    assert.ok(longest.length < MOST_TOKEN_BYTES, `${longest.length} bytes with the longest EVSE id`);
  });

  it('starts a session there and then, up to its energy', async () => {
    const token = unwrap(await believeToken(await issueChargeToken(TOKEN, SIGNER), ISSUERS, NODE_SUITE));
    const grant = unwrap(judgeStart(token, wish, there()));
    assert.equal(grant.mostWh, 6_850n);
    assert.equal(grant.mostMicros, 2_200_000n);
    assert.equal(grant.endsS, TOKEN.expiresS);
  });

  it('starts nothing elsewhere, earlier, later, twice, for more energy or money, or with the clock lost: each has its reason', () => {
    const refusals: readonly [string, Partial<ChargerSituation>, ChargeToken?, bigint?][] = [
      ['TOKEN_OTHER_CHARGER', { evseId: 'US*DUK*EXEAL2' }],
      ['TOKEN_NOT_YET', { nowS: TOKEN.notBeforeS - 1 }],
      ['starts', { nowS: TOKEN.notBeforeS }],
      ['starts', { nowS: TOKEN.expiresS - 1 }],
      ['TOKEN_EXPIRED', { nowS: TOKEN.expiresS }],
      ['CLOCK_LOST', { nowS: undefined }],
      ['TOKEN_SPENT', { usedOf: () => ({ sessions: 1, energyWh: 1n, costMicros: 1n }) }],
      ['TOKEN_OVER_ENERGY', {}, TOKEN, 6_851n],
      ['TOKEN_OVER_COST', {}, { ...TOKEN, limits: { ...TOKEN.limits, costMicros: 2_191_999n } }],
      ['starts', {}, { ...TOKEN, limits: { ...TOKEN.limits, costMicros: 2_192_000n } }],
      ['starts', {}, { ...TOKEN, audience: { kind: 'group', groupId: 'CITY-HALL' } }],
      ['TOKEN_OTHER_CHARGER', {}, { ...TOKEN, audience: { kind: 'group', groupId: 'LIBRARY' } }],
    ];
    for (const [code, changes, token = TOKEN, energyWh = 6_850n] of refusals)
      assert.equal(codeOf(judgeStart(token, { energyWh }, there(changes))), code);
  });

  it('leaves what earlier sessions of it did not take', () => {
    const twice = { ...TOKEN, limits: { energyWh: 10_000n, costMicros: 3_200_000n, sessions: 2 } };
    const usedOf = () => ({ sessions: 1, energyWh: 6_000n, costMicros: 1_920_000n });
    assert.equal(codeOf(judgeStart(twice, { energyWh: 4_001n }, there({ usedOf }))), 'TOKEN_OVER_ENERGY');
    assert.equal(unwrap(judgeStart(twice, { energyWh: 4_000n }, there({ usedOf }))).mostMicros, 1_280_000n);
  });

  it('starts nothing with any bit of it altered', async function () {
    this.timeout(60_000);
    const bytes = await issueChargeToken(TOKEN, SIGNER);
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const altered = Uint8Array.from(bytes);
      altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assert.ok(!(await believeToken(altered, ISSUERS, NODE_SUITE)).ok, `bit ${bit}`);
    }
  });

  it('is believed of a utility that is known alone, by a key that it had then, of an epoch that it did not take back', async () => {
    const forged = await issueChargeToken(TOKEN, { ...STRANGER.signer, kid: KID });
    const unknown = await issueChargeToken(TOKEN, STRANGER.signer);
    const ofOther = await issueChargeToken({ ...TOKEN, issuer: 'USXXX' }, SIGNER);
    const early = await issueChargeToken({ ...TOKEN, issuedAtS: second('2025-12-31T23:59:59Z') }, SIGNER);
    const taken = await issueChargeToken({ ...TOKEN, revocationEpoch: 2 }, SIGNER);
    const codes = await Promise.all(
      [forged, unknown, ofOther, early, taken].map(async (one) =>
        codeOf(await believeToken(one, ISSUERS, NODE_SUITE)),
      ),
    );
    assert.deepEqual(codes, [
      'TOKEN_ALTERED',
      'ISSUER_UNKNOWN',
      'ISSUER_UNKNOWN',
      'ISSUER_UNKNOWN',
      'TOKEN_REVOKED',
    ]);
  });

  it('is not read with a claim too many, one too few, or one that is no such thing', async () => {
    const payloads = [
      await changed((claims) => claims.set(2, 'somebody')),
      await changed((claims) => claims.delete(5)),
      await changed((claims) => claims.set(4, -1)),
      await changed((claims) => claims.set(4, 2 ** 40 + 0.5)),
      await changed((claims) => claims.set(4, TOKEN.notBeforeS)),
      await changed((claims) => claims.set(7, new Uint8Array(15))),
      await changed((claims) => claims.set(3, 'group:')),
      await changed((claims) => claims.set(8, new Map())),
      await changed((claims) => claims.set(-65_537, new Map([[1, 1]]))),
      await changed((claims) => claims.set(1, 'x'.repeat(49))),
    ];
    for (const [at, payload] of payloads.entries()) {
      const bytes = await sign1(payload, SIGNER);
      assert.equal(codeOf(readChargeToken(payload)), 'TOKEN_MALFORMED', `${at}`);
      assert.equal(codeOf(await believeToken(bytes, ISSUERS, NODE_SUITE)), 'TOKEN_MALFORMED', `${at}`);
    }
  });

  it('never lets a session cost more than its limit, whatever the price', () => {
    const whole = (max: number) => fc.integer({ min: 0, max });
    fc.assert(
      fc.property(
        whole(5_000_000),
        whole(5_000_000),
        whole(5_000_000),
        whole(100_000),
        whole(50_000_000),
        (perKWh, perHour, flat, wh, micros) => {
          const price = {
            ...TOKEN.price,
            microsPerKWh: BigInt(perKWh),
            microsPerHour: BigInt(perHour),
            microsPerSession: BigInt(flat),
          };
          const token = {
            ...TOKEN,
            price,
            limits: { energyWh: 100_000n, costMicros: BigInt(micros), sessions: 1 },
          };
          const grant = judgeStart(token, { energyWh: BigInt(wh) }, there());
          const exact = BigInt(flat) * 1_000n + BigInt(wh) * BigInt(perKWh);
          assert.equal(grant.ok, exact <= BigInt(micros) * 1_000n);
          if (grant.ok) assert.equal(grant.value.mostWh, BigInt(wh));
        },
      ),
    );
  });
});

describe('a list of issuers that a phone brings', () => {
  const operator = VISITED;
  const { signer } = VISITED;

  it('is taken of the operating utility, when it is later than what the charger has', async () => {
    const bytes = await signIssuerList(ISSUERS, signer);
    assert.deepEqual(unwrap(await takeIssuerList(bytes, operator, 6, NODE_SUITE)), ISSUERS);
    assert.equal(codeOf(await takeIssuerList(bytes, operator, 7, NODE_SUITE)), 'ISSUER_LIST_OLDER');
    const other = await signIssuerList(ISSUERS, SIGNER);
    assert.equal(codeOf(await takeIssuerList(other, operator, 6, NODE_SUITE)), 'ISSUER_LIST_OTHER_UTILITY');
    const forged = await signIssuerList(ISSUERS, { ...STRANGER.signer, kid: operator.kid });
    assert.equal(codeOf(await takeIssuerList(forged, operator, 6, NODE_SUITE)), 'SIGN1_BAD_SIGNATURE');
  });

  it('is no other thing that the operator signed', async () => {
    for (const said of [['roamgrid-firmware', 8, 0, []], ['roamgrid-issuers', 8, 0, [['USALP']]], 'x'])
      assert.equal(
        codeOf(
          await takeIssuerList(await sign1(encodeCbor(said as CborValue), signer), operator, 6, NODE_SUITE),
        ),
        'ISSUER_LIST_MALFORMED',
      );
  });
});
