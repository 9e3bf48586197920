import assert from 'node:assert/strict';
import {
  consentBinding as contractBinding,
  consentSigningInput,
  driverConsentSigningInput,
} from '@roamgrid/wire';
import { consentBinding, consentInput, driverConsentInput } from './consent.ts';

const ground = { channel: 'roamgrid', sessionId: 'USDUK-USALP-g0-17', quoteHash: 'a'.repeat(64) };
const consent = { consentedAtMs: 1_700_000_000_000, kid: 'DUK-DURHAM-1 key', method: 'kiosk' } as const;

describe('a consent in the browser', () => {
  it('is formed again as the contracts form it', async () => {
    const input = consentInput(ground, consent, 'DUK-DURHAM-1');
    assert.equal(input, consentSigningInput(ground, consent, 'DUK-DURHAM-1'));
    assert.equal(await consentBinding(input), contractBinding(input));
  });

  it('of the driver’s own device is formed again as the contracts form it', () => {
    const { consentedAtMs } = consent;
    assert.equal(
      driverConsentInput(ground, { consentedAtMs }, 'phone-1'),
      driverConsentSigningInput(ground, { consentedAtMs }, 'phone-1'),
    );
  });
});
