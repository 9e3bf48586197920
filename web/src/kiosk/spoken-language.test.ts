import assert from 'node:assert/strict';
import type { State } from './api.ts';
import { SpokenLanguage } from './spoken-language.ts';

const at = (screen: string, offer?: { readonly language?: string }) =>
  ({ screen, ...(offer && { offer }) }) as unknown as State;

describe('the language of a kiosk', () => {
  it('is the driver’s choice, else home’s word, else the station’s own, and of nobody before', () => {
    let changes = 0;
    const spoken = new SpokenLanguage(['es-MX'], () => {
      changes += 1;
    });
    const heard = (state: State) => {
      spoken.hear(state);
      return spoken.now;
    };
    assert.equal(spoken.now, 'es');
    assert.equal(heard(at('offer', { language: 'de' })), 'de');
    assert.equal(heard(at('charging')), 'de');
    spoken.choose('en');
    assert.equal(heard(at('offer', { language: 'de' })), 'en');
    assert.equal(heard(at('welcome')), 'es');
    // Nothing is known of it, or nothing is said: the station's own stays.
    assert.equal(heard(at('offer', { language: 'nl' })), 'es');
    assert.equal(heard(at('offer', {})), 'es');
    assert.equal(changes, 3);
  });

  it('is the station’s again when nobody goes on with a choice, and stays with who does', async () => {
    const over = (spoken: SpokenLanguage) =>
      new Promise((resolve) => {
        setTimeout(() => resolve(spoken.now), 30);
      });
    const left = new SpokenLanguage(['en'], () => undefined, 5);
    left.choose('de');
    assert.equal(await over(left), 'en');
    const taken = new SpokenLanguage(['en'], () => undefined, 5);
    taken.choose('de');
    taken.hear(at('authorising'));
    assert.equal(await over(taken), 'de');
  });
});
