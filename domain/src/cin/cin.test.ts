import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ok, unwrap } from '../result/index.ts';
import { ALPHABET, charactersOf } from './alphabet.ts';
import { makeCin, parseCin } from './cin.ts';
import type { CinError } from './errors.ts';
import { cinParts, formatCin } from './layout.ts';
import { anyCin, SAMPLES } from './samples.fixture.ts';

const refusal = (text: string): CinError => {
  const result = parseCin(text);
  assert.ok(!result.ok, `${text} was taken`);
  return result.error;
};

const CARD = { country: 'US', party: 'ALP', service: 'E', customer: '0012345' };
const CARD_CIN = unwrap(makeCin(CARD));

/** All 35 wrong characters of the alphabet in each of the 15 places. */
const substitutions = function* (cin: string): Generator<string> {
  for (let at = 0; at < cin.length; at += 1) {
    for (const other of ALPHABET) {
      if (other !== cin.charAt(at)) yield cin.slice(0, at) + other + cin.slice(at + 1);
    }
  }
};

const swaps = function* (cin: string): Generator<string> {
  for (let at = 0; at + 1 < cin.length; at += 1) {
    const swapped = cin.slice(0, at) + cin.charAt(at + 1) + cin.charAt(at) + cin.slice(at + 2);
    if (swapped !== cin) yield swapped;
  }
};

describe('parseCin', () => {
  for (const cin of SAMPLES) {
    it(`refuses every single wrong character and every adjacent swap of ${cin}`, () => {
      assert.deepEqual(parseCin(cin), ok(cin));
      const wrong = [...substitutions(cin)];
      assert.equal(wrong.length, 15 * 35);
      for (const text of [...wrong, ...swaps(cin)]) refusal(text);
    });
  }

  it('refuses every single wrong character and every adjacent swap of any CIN', () => {
    fc.assert(
      fc.property(anyCin, (cin) => {
        for (const text of [...substitutions(cin), ...swaps(cin)]) assert.ok(!parseCin(text).ok, text);
      }),
      { numRuns: 8 }, // each is hundreds of wrong texts
    );
  });

  it('names the swap that would explain a refusal', () => {
    fc.assert(
      fc.property(anyCin, fc.nat(13), (cin, at) => {
        fc.pre(cin.charAt(at) !== cin.charAt(at + 1));
        const error = refusal(cin.slice(0, at) + cin.charAt(at + 1) + cin.charAt(at) + cin.slice(at + 2));
        assert.ok(error.code !== 'CIN_LENGTH');
        assert.ok(error.hints.some((hint) => hint.kind === 'adjacent-swap' && hint.position === at + 1));
        assert.ok(error.message.includes(`characters ${at + 1} and ${at + 2} may be swapped`));
      }),
    );
  });

  it('takes lower case, spaces and hyphens as display forms', () => {
    fc.assert(
      fc.property(anyCin, (cin) => {
        const shown = formatCin(cin);
        for (const form of [
          shown,
          shown.toLowerCase(),
          ` ${shown.replaceAll('-', '\u00a0')} `,
          charactersOf(cin).join(' '),
        ]) {
          assert.deepEqual(parseCin(form), ok(cin));
        }
      }),
    );
  });

  const named: readonly (readonly [
    what: string,
    text: string,
    error: Partial<CinError> & { says: RegExp },
  ])[] = [
    ['nothing', '', { code: 'CIN_LENGTH', says: /15 .* this has 0 \(15 missing\)/ }],
    ['a character too few', CARD_CIN.slice(1), { code: 'CIN_LENGTH', says: /1 missing/ }],
    ['a character too many', `${CARD_CIN}0`, { code: 'CIN_LENGTH', says: /1 too many/ }],
    [
      'a digit in the country',
      `U5${CARD_CIN.slice(2)}`,
      { code: 'CIN_CHARACTER', says: /position 2 holds "5".*S instead of 5/ },
    ],
    [
      'a letter of another script',
      `${CARD_CIN.slice(0, 9)}é${CARD_CIN.slice(10)}`,
      { code: 'CIN_CHARACTER', says: /position 10 holds "é"/ },
    ],
    ['a dotless i for an I', CARD_CIN.replace('E', 'ı'), { code: 'CIN_CHARACTER', says: /position 7/ }],
    [
      'no constant C',
      `${CARD_CIN.slice(0, 5)}G${CARD_CIN.slice(6)}`,
      { code: 'CIN_CONSTANT', says: /sixth character .* always C/ },
    ],
    [
      'an unknown service',
      `${CARD_CIN.slice(0, 6)}X${CARD_CIN.slice(7)}`,
      { code: 'CIN_SERVICE', says: /"X", not a known service: E \(charging\)/ },
    ],
    [
      'an O for a zero',
      CARD_CIN.replace('00', 'O0'),
      { code: 'CIN_CHECK', says: /character 8 may be 0 instead of O/ },
    ],
  ];
  for (const [what, text, { code, says }] of named) {
    it(`names ${what} as ${code ?? ''}`, () => {
      const error = refusal(text);
      assert.equal(error.code, code);
      assert.match(error.message, says);
    });
  }

  it('says which check character the rest would need', () => {
    const error = refusal(CARD_CIN.slice(0, 14) + (CARD_CIN.endsWith('0') ? '1' : '0'));
    assert.ok(error.code === 'CIN_CHECK' && error.expected === CARD_CIN.slice(14));
  });

  it('answers any text without throwing', () => {
    const near = fc.string({
      unit: fc.constantFrom(...charactersOf(ALPHABET), '-', ' ', 'é', '😀'),
      maxLength: 20,
    });
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), near),
        (text) => typeof parseCin(text).ok === 'boolean',
      ),
    );
    assert.equal(refusal('A'.repeat(1_000_000)).code, 'CIN_LENGTH');
  });
});

describe('makeCin', () => {
  it('makes what parseCin takes, with the parts it was given', () => {
    fc.assert(
      fc.property(anyCin, (cin) => {
        const { utility, service, customer, checkCharacter } = cinParts(cin);
        assert.deepEqual(parseCin(cin), ok(cin));
        const again = makeCin({ country: utility.slice(0, 2), party: utility.slice(2), service, customer });
        assert.deepEqual(again, ok(cin));
        assert.equal(cin.slice(14), checkCharacter);
      }),
    );
  });

  it('names the part that is not as long as it must be', () => {
    for (const part of ['country', 'party', 'service', 'customer'] as const) {
      for (const text of ['', `${CARD[part]}0`]) {
        const result = makeCin({ ...CARD, [part]: text });
        assert.ok(!result.ok && result.error.code === 'CIN_PART_LENGTH' && result.error.part === part);
      }
    }
  });

  it('is strict about what stands where', () => {
    const rows = [
      [{ country: 'us' }, 'CIN_CHARACTER'],
      [{ country: 'U1' }, 'CIN_CHARACTER'],
      [{ party: 'A-P' }, 'CIN_CHARACTER'],
      [{ service: 'X' }, 'CIN_SERVICE'],
      [{ customer: '001234a' }, 'CIN_CHARACTER'],
    ] as const;
    for (const [change, code] of rows) {
      const result = makeCin({ ...CARD, ...change });
      assert.ok(!result.ok && result.error.code === code);
    }
  });
});
