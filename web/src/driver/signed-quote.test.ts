import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import {
  bodyHash,
  canonicalText,
  DOCUMENT_TYPE,
  driverConsentSigningInput,
  publicJwk,
  quote as quoteSchema,
  signDocument,
  verifyEs256,
  type Quote,
} from '@roamgrid/wire';
import { CLOCK_SKEW_MS } from '../shared/signature.ts';
import { quoteVerifies, readOfferLink, signConsent, type QuotingStation } from './signed-quote.ts';

const keyPair = (kid: string) => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const open = publicJwk.parse({ ...createPublicKey(privateKey).export({ format: 'jwk' }), kid });
  return { kid, key: privateKey, open };
};
const utility = keyPair('duk-1');
const QUOTE: Quote = {
  channel: 'roamgrid',
  sessionId: 'USDUK-USALP-g0-7',
  vun: 'USDUK',
  hun: 'USALP',
  agreementId: 'a-1',
  stationId: 'durham-1',
  evseId: 'US*DUK*E1*1',
  tariffId: 'USDUK-tou',
  tariffVersion: 1,
  adjustmentPpm: -50_000n,
  currency: 'USD',
  requestedEnergyWh: 10_000n,
  plannedMs: 3_600_000,
  estimateMicros: 5_329_500n,
  capMicros: 7_994_250n,
  zoneOffsets: [{ fromMs: 0, offsetMinutes: -300 }],
  issuedAtMs: 1_700_000_000_000,
  validUntilMs: 1_700_000_300_000,
};
const AT = 'https://gateway.duke.example';
const signedQuote = () => signDocument(quoteSchema, DOCUMENT_TYPE.quote, QUOTE, utility);
const linkOf = async (jws: string) => {
  const offer = await readOfferLink(`#quote=${jws}&at=${encodeURIComponent(AT)}`);
  assert.ok(offer);
  return offer;
};
const stationWith = (fromMs: number): QuotingStation => ({
  utilityName: 'Duke Energy',
  stationName: 'Durham',
  address: 'Main Street',
  timeZone: 'America/New_York',
  signingKeys: [{ ...utility.open, fromMs }],
});

describe('an offer as the driver’s device reads it', () => {
  it('has the hash that both utilities compute, and leads to the gateway that takes the consent', async () => {
    const offer = await linkOf(await signedQuote());
    assert.equal(offer.quoteHash, bodyHash(canonicalText(quoteSchema, QUOTE)));
    assert.deepEqual([offer.takenAt, offer.quote.capMicros], [AT, '7994250']);
  });

  it('is verified by a key that its utility had when it was issued, and by no other', async () => {
    const jws = await signedQuote();
    const offer = await linkOf(jws);
    assert.equal(await quoteVerifies(offer, stationWith(QUOTE.issuedAtMs)), true);
    assert.equal(await quoteVerifies(offer, stationWith(QUOTE.issuedAtMs + CLOCK_SKEW_MS + 1)), false);
    const forged = await signDocument(quoteSchema, DOCUMENT_TYPE.quote, QUOTE, keyPair('duk-1'));
    assert.equal(await quoteVerifies(await linkOf(forged), stationWith(0)), false);
    const consent = await signDocument(quoteSchema, DOCUMENT_TYPE.consent, QUOTE, utility);
    assert.equal(await quoteVerifies(await linkOf(consent), stationWith(0)), false);
  });

  it('is none when its text is not canonical, or something is missing', async () => {
    const [head = '', payload = '', tail = ''] = (await signedQuote()).split('.');
    const spaced = Buffer.from(` ${Buffer.from(payload, 'base64url').toString()}`).toString('base64url');
    const at = encodeURIComponent(AT);
    for (const fragment of [
      '',
      '#bills',
      `#quote=${head}.${payload}.${tail}`,
      `#quote=${head}.${spaced}.${tail}&at=${at}`,
      `#quote=abc&at=${at}`,
      `#quote=${head}.${payload}.${tail}&at=javascript:alert(1)`,
    ])
      assert.equal(await readOfferLink(fragment), undefined, fragment);
  });

  it('is consented to in exactly the text that the contract forms again', async () => {
    const offer = await linkOf(await signedQuote());
    const { privateKey, publicKey } = await crypto.subtle.generateKey(
      { name: 'ECDSA', namedCurve: 'P-256' },
      false,
      ['sign', 'verify'],
    );
    const { x, y } = await crypto.subtle.exportKey('jwk', publicKey);
    const kid = 'device-1';
    const open = publicJwk.parse({ kty: 'EC', crv: 'P-256', x, y, kid });
    const consentedAtMs = QUOTE.issuedAtMs + 1_000;
    const { signature, ...facts } = await signConsent(offer, consentedAtMs, { kid, privateKey });
    assert.deepEqual(facts, { sessionId: QUOTE.sessionId, consentedAtMs });
    const ground = { channel: QUOTE.channel, sessionId: QUOTE.sessionId, quoteHash: offer.quoteHash };
    const signed = (atMs: number) => driverConsentSigningInput(ground, { consentedAtMs: atMs }, kid);
    assert.equal(verifyEs256(signed(consentedAtMs), signature, open), true);
    assert.equal(verifyEs256(signed(consentedAtMs + 1), signature, open), false);
  });
});
