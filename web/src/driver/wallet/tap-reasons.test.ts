import assert from 'node:assert/strict';
import { TAP_REASONS_DE } from '../words/wallet/reasons-german.ts';
import { TAP_REASONS_EN } from '../words/wallet/reasons-english.ts';
import { TAP_REASONS_ES } from '../words/wallet/reasons-spanish.ts';
import { reasonOf } from './tap-reasons.ts';

describe('why a charger started nothing, as the phone says it', () => {
  const said = (code: string, words = TAP_REASONS_EN): string =>
    words[reasonOf({ said: 'no', why: { code, message: 'as the charger logs it' } }, words)];

  it('is that nobody may start there for a while, or that the token is in use nearby, and not that they misunderstand', () => {
    for (const words of [TAP_REASONS_EN, TAP_REASONS_DE, TAP_REASONS_ES])
      assert.equal(
        new Set(['WITHDRAWN', 'TOKEN_AT_NEIGHBOUR', 'OTHER'].map((code) => said(code, words))).size,
        3,
      );
    assert.match(said('WITHDRAWN'), /^Nobody may start here for a while/);
    assert.match(said('TOKEN_AT_NEIGHBOUR'), /Tap again in a moment\.$/);
  });

  it('is that they do not understand each other where a charger says what no phone knows', () => {
    assert.equal(said('toString'), TAP_REASONS_EN.OTHER);
    assert.equal(said('CHANNEL_BROKEN'), TAP_REASONS_EN.OTHER);
  });
});
