import assert from 'node:assert/strict';
import { english } from './english.ts';
import { german } from './german.ts';
import { spanish } from './spanish.ts';

/** Every entry by its way, such as `booking.states.used`. */
const entriesOf = (words: object, way = ''): readonly (readonly [string, unknown])[] =>
  Object.entries(words).flatMap(([key, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null
      ? entriesOf(value, `${way}${key}.`)
      : [[`${way}${key}`, value] as const],
  );

/** What is spelt alike in both. */
const ALIKE: Readonly<Record<string, readonly string[]>> = {
  es: ['booking.patiences.0', 'bills.sources.GAS'],
  de: [],
};

describe('the words of the driver’s page', () => {
  const source = new Map(entriesOf(english));

  for (const [language, words] of [
    ['de', german],
    ['es', spanish],
  ] as const) {
    it(`are all there in ${language}, none of them empty or left in English`, () => {
      const told = new Map(entriesOf(words));
      assert.deepEqual([...told.keys()].sort(), [...source.keys()].sort());
      const faults = [...told].filter(([way, value]) => {
        const own = source.get(way);
        if (typeof value === 'function') return typeof own !== 'function' || value.length !== own.length;
        return value === '' || (value === own && ALIKE[language]?.includes(way) !== true);
      });
      assert.deepEqual(faults, []);
    });
  }
});
