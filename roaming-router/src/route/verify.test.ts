import assert from 'node:assert/strict';
import {
  authorisation,
  bodyHash,
  canonicalText,
  chargeOffer,
  DOCUMENT_TYPE,
  signDocument,
  type Authorisation,
  type ChargeOffer,
} from '@roamgrid/wire';
import { CHANNEL, HOME, makeKey, makeOffer, publicKey, VISITED } from '@roamgrid/service-kit/testing';
import { verifyAuthorisation } from './verify.ts';

describe('a home’s signed yes', () => {
  const key = makeKey('alp-1');
  const nowMs = Date.now();
  const yesTo = (offer: ChargeOffer, changes: Partial<Authorisation> = {}): Authorisation => ({
    iss: HOME,
    aud: VISITED,
    channel: CHANNEL,
    sessionId: offer.sessionId,
    offerHash: bodyHash(canonicalText(chargeOffer, offer)),
    cinRef: '0'.repeat(64),
    service: 'charging',
    evseId: offer.evseId,
    loyalty: 'none',
    customerClass: 'residential',
    paymentMethod: 'postpaid',
    adjustmentPpm: 0n,
    currency: offer.currency,
    limitMicros: 1_000_000n,
    energyLimitWh: 1_000n,
    issuedAtMs: nowMs,
    validUntilMs: nowMs + 60_000,
    ...changes,
  });
  const check = async (offer: ChargeOffer, yes: Authorisation, keys = [publicKey(key)]) =>
    verifyAuthorisation(
      await signDocument(authorisation, DOCUMENT_TYPE.authorisation, yes, { kid: key.kid, key }),
      { hun: HOME, own: VISITED, keys, offer, nowMs },
    );

  it('holds when it is to exactly this offer', async () => {
    const offer = makeOffer();
    const checked = await check(offer, yesTo(offer));
    assert.ok(checked.ok);
    assert.deepEqual(checked.value, yesTo(offer));
  });

  it('to an earlier offer, to another utility, or about another outlet does not hold', async () => {
    const offer = makeOffer();
    const rows: readonly (readonly [string, Authorisation])[] = [
      ['sessionId', yesTo(makeOffer())],
      ['channel', yesTo(offer, { channel: 'another' })],
      ['offerHash', yesTo({ ...offer, estimateMicros: offer.estimateMicros + 1n })],
      ['aud', yesTo(offer, { aud: 'USTVA' })],
      ['iss', yesTo(offer, { iss: 'USTVA' })],
      ['evseId', yesTo(offer, { evseId: 'US*DUK*E0002*1' })],
      ['currency', yesTo(offer, { currency: 'EUR' })],
      ['adjustment', yesTo(offer, { adjustmentPpm: offer.maxAdjustmentPpm + 1n })],
      ['out of its time', yesTo(offer, { validUntilMs: nowMs })],
    ];
    for (const [what, yes] of rows) {
      const checked = await check(offer, yes);
      assert.ok(!checked.ok && checked.error.message.includes(what), what);
    }
  });

  it('by a key that is not the home’s does not hold', async () => {
    const offer = makeOffer();
    const impostor = { ...publicKey(makeKey('alp-1')) };
    assert.equal((await check(offer, yesTo(offer), [impostor])).ok, false);
    assert.equal((await check(offer, yesTo(offer), [])).ok, false);
  });
});
