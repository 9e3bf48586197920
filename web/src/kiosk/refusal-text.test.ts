import assert from 'node:assert/strict';
import { refusalCode } from '@roamgrid/wire';
import { formatsIn } from '../shared/format.ts';
import { refusalText } from './refusal-text.ts';
import { german } from './words/german.ts';
import { spanish } from './words/spanish.ts';

describe('a refusal at the kiosk', () => {
  it('is told in the driver’s language, whatever its code', () => {
    for (const [language, words] of [
      ['de', german],
      ['es', spanish],
    ] as const) {
      const speech = { language, words, write: formatsIn(language) };
      const untold = refusalCode.options.filter(
        (code) =>
          refusalText({ outcome: 'refused', code, message: 'no', remedy: 'none' }, speech).lang !== language,
      );
      assert.deepEqual(untold, [], language);
    }
  });
});
