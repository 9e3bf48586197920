import assert from 'node:assert/strict';
import { signInWords } from './choose.ts';

const nothing = () => false as const;

describe('the language of the sign-in pages', () => {
  it('is what the app asks for, before what the browser likes', () => {
    assert.equal(signInWords('nl es-MX de', () => 'de').lang, 'es');
    assert.equal(signInWords('nl', () => 'de').lang, 'de');
    assert.equal(signInWords(undefined, () => 'de').lang, 'de');
  });

  it('is English where nothing fits, whatever a request brings', () => {
    assert.equal(signInWords(undefined, nothing).lang, 'en');
    assert.equal(signInWords('to valueOf __proto__', nothing).lang, 'en');
    assert.equal(signInWords(['de'], nothing).lang, 'en');
  });
});
