import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { DOCUMENT_TYPE, signDocument } from '../signature/document.ts';
import { consentBinding, consentSigningInput, driverConsentSigningInput } from './consent-text.ts';
import { consent, consentKindOf, driverConsent, type SignedConsent } from './session.ts';

const GROUND = { channel: 'roaming', sessionId: 'USDUK-USALP-g0-1', quoteHash: 'a'.repeat(64) };
const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const signed = (jws: string) => jws.slice(0, jws.lastIndexOf('.'));

describe('a consent’s text', () => {
  it('is, formed from its facts, what the station signs', async () => {
    const facts = { consentedAtMs: 1_700_000_000_000, kid: 'station-1', method: 'kiosk' } as const;
    const { kid, ...said } = facts;
    const jws = await signDocument(
      consent,
      DOCUMENT_TYPE.consent,
      { ...GROUND, ...said, iss: 'duk-1' },
      { kid, key },
    );
    assert.equal(consentSigningInput(GROUND, facts, 'duk-1'), signed(jws));
  });

  it('is, formed from its facts, what the driver’s device signs', async () => {
    const said = { ...GROUND, consentedAtMs: 1_700_000_000_000 };
    const jws = await signDocument(driverConsent, DOCUMENT_TYPE.driverConsent, said, {
      kid: 'device-1',
      key,
    });
    assert.equal(driverConsentSigningInput(GROUND, said, 'device-1'), signed(jws));
  });

  it('binds into a meter’s tariff text, another for every fact that differs', () => {
    const facts = { consentedAtMs: 1_700_000_000_000, kid: 'station-1', method: 'kiosk' } as const;
    const texts = [
      consentSigningInput(GROUND, facts, 'duk-1'),
      consentSigningInput(GROUND, facts, 'duk-2'),
      consentSigningInput(GROUND, { ...facts, method: 'app' }, 'duk-1'),
      consentSigningInput(GROUND, { ...facts, kid: 'station-2' }, 'duk-1'),
      consentSigningInput(GROUND, { ...facts, consentedAtMs: 1_700_000_000_001 }, 'duk-1'),
      consentSigningInput({ ...GROUND, quoteHash: 'b'.repeat(64) }, facts, 'duk-1'),
      consentSigningInput({ ...GROUND, channel: 'other' }, facts, 'duk-1'),
      consentSigningInput({ ...GROUND, sessionId: 'USDUK-USALP-g0-2' }, facts, 'duk-1'),
    ].map(consentBinding);
    assert.equal(new Set(texts).size, texts.length);
    for (const text of texts) assert.ok(text.length <= 250);
  });
});

describe('where a driver consented', () => {
  it('is the own device where it signed, else a partner’s system or the station, as the station attests', () => {
    const by = (method: SignedConsent['method']) => ({
      consent: { method, consentedAtMs: 1, kid: 'k', signature: 's'.repeat(86) },
    });
    assert.deepEqual(
      (['kiosk', 'app', 'display', 'partner'] as const).map((method) => consentKindOf(by(method))),
      ['station', 'station', 'station', 'partner'],
    );
    const signedByDevice = { consentedAtMs: 1, signature: 's'.repeat(86) };
    assert.equal(consentKindOf({ ...by('partner'), driverConsent: signedByDevice }), 'device');
  });
});
