import assert from 'node:assert/strict';
import { localeOf, pickLanguage } from './language.ts';

describe('the language of a page', () => {
  it('is the first wish that there are words for, whatever its region', () => {
    assert.equal(pickLanguage(['de-AT', 'en']), 'de');
    assert.equal(pickLanguage(['nl-BE', 'es-MX', 'en-US']), 'es');
    assert.equal(pickLanguage(['nl', 'sv']), 'en');
    assert.equal(pickLanguage([]), 'en');
  });

  it('writes numbers as the reader’s region does, where it is one of that language', () => {
    assert.equal(localeOf('de', ['fr-CH', 'de-CH']), 'de-CH');
    assert.equal(localeOf('es', ['de-AT']), 'es');
  });
});
