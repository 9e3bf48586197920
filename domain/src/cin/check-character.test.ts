import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ALPHABET, charactersOf } from './alphabet.ts';
import { checkCharacterOf, isConsistent } from './check-character.ts';

/** Published vectors of ISO 15118-1 Annex H, from the eMI3 check digit paper and the mobilityid library's tests. */
const VECTORS: readonly (readonly [fourteen: string, check: string])[] = [
  ['NN123ABCDEFGHI', 'T'],
  ['FRXYZ123456789', '2'],
  ['ITA1B2C3E4F5G6', '4'],
  ['ESZU8WOX834H1D', 'R'],
  ['PT73902837ABCZ', 'Z'],
  ['DE83DUIEN83QGZ', 'D'],
  ['DE83DUIEN83ZGQ', 'M'],
  ['DE8AA001234567', '0'],
  ['NLTNM000122045', 'U'],
  ['NLTNM000722345', 'X'],
  ['NLTNMC00122045', 'K'],
];

const fourteen = fc.string({
  unit: fc.constantFrom(...charactersOf(ALPHABET)),
  minLength: 14,
  maxLength: 14,
});

describe('the check character', () => {
  for (const [text, check] of VECTORS) {
    it(`of ${text} is ${check}`, () => {
      assert.equal(checkCharacterOf(text), check);
    });
  }

  it('is the only one of the 36 that is consistent', () => {
    fc.assert(
      fc.property(fourteen, (text) => {
        const consistent = charactersOf(ALPHABET).filter((candidate) => isConsistent(text + candidate));
        assert.deepEqual(consistent, [checkCharacterOf(text)]);
      }),
    );
  });

  it('is refused for what is not fourteen characters of the alphabet', () => {
    for (const bad of [
      '',
      'NN123ABCDEFGH',
      'NN123ABCDEFGHIJ',
      'nn123abcdefghi',
      'NN123ABCDEFGH-',
      'DE٨٣DUIEN٨٣QGZ',
    ]) {
      assert.throws(() => checkCharacterOf(bad), RangeError);
    }
  });
});
