import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ok, unwrap } from '../result/index.ts';
import { charactersOf } from './alphabet.ts';
import { aliasOf, formatAlias, parseAlias } from './alias.ts';
import { makeCin } from './cin.ts';
import { parseCinEntry } from './entry.ts';
import { isMod97Consistent, mod97CheckDigits } from './mod97.ts';
import { anyCin, NUMERIC_SAMPLES, numericCin } from './samples.fixture.ts';

const DIGITS = '0123456789';

/** The alias of a content that no CIN makes, with right check digits. */
const checked = (content: string): string => content + mod97CheckDigits(content);

describe('the keypad alias', () => {
  it('carries a CIN whose customer number is all digits there and back', () => {
    fc.assert(
      fc.property(numericCin, (cin) => {
        const alias = unwrap(aliasOf(cin));
        assert.match(alias, /^\d{19}$/);
        assert.deepEqual(parseAlias(alias), ok(cin));
        assert.deepEqual(parseCinEntry(formatAlias(alias)), ok(cin));
        assert.deepEqual(parseCinEntry(cin), ok(cin));
      }),
    );
  });

  it('carries the first and the last of all that have one', () => {
    const first = unwrap(makeCin({ country: 'AA', party: '000', service: 'E', customer: '0000000' }));
    const last = unwrap(makeCin({ country: 'ZZ', party: 'ZZZ', service: 'V', customer: '9999999' }));
    assert.equal(unwrap(aliasOf(first)).slice(0, 17), '00000000140000000');
    assert.equal(unwrap(aliasOf(last)).slice(0, 17), '31539455319999999');
  });

  it('is refused by name to a customer number with letters, and to no other', () => {
    fc.assert(
      fc.property(anyCin, (cin) => {
        const alias = aliasOf(cin);
        assert.equal(alias.ok, /^\d{7}$/.test(cin.slice(7, 14)));
        if (!alias.ok) assert.equal(alias.error.code, 'CIN_HAS_NO_ALIAS');
      }),
    );
  });

  for (const cin of NUMERIC_SAMPLES) {
    it(`refuses every wrong digit and every adjacent swap of the alias of ${cin}`, () => {
      const alias = unwrap(aliasOf(cin));
      for (let at = 0; at < alias.length; at += 1) {
        for (const other of DIGITS) {
          if (other === alias.charAt(at)) continue;
          const wrong = parseAlias(alias.slice(0, at) + other + alias.slice(at + 1));
          assert.ok(!wrong.ok && wrong.error.code === 'ALIAS_CHECK');
        }
        const swapped = alias.slice(0, at) + alias.charAt(at + 1) + alias.charAt(at) + alias.slice(at + 2);
        if (swapped !== alias) assert.ok(!parseAlias(swapped).ok, swapped);
      }
    });
  }

  it('is one spelling: check digits that are only congruent to the right ones are refused', () => {
    for (let content = 0; content < 1000; content += 1) {
      const digits = content.toString().padStart(17, '0');
      const right = [...Array(100).keys()]
        .map((check) => digits + check.toString().padStart(2, '0'))
        .filter((text) => isMod97Consistent(text));
      assert.deepEqual(right, [checked(digits)]);
    }
  });

  it('follows ISO 7064 MOD 97-10', () => {
    // An IBAN is checked by the same system: BE71 0961 2345 6769 with its country moved behind as digits.
    assert.equal(mod97CheckDigits('0961234567691114'), '71');
    assert.equal(mod97CheckDigits('794'), '44');
  });

  const named: readonly (readonly [text: string, code: string, says: RegExp])[] = [
    ['123', 'ALIAS_LENGTH', /19 digits, this has 3/],
    ['1'.repeat(20), 'ALIAS_LENGTH', /this has 20/],
    [checked('31539456140012345'), 'ALIAS_ISSUER', /31539456, name no utility/],
    [checked('00000000100012345'), 'ALIAS_SERVICE', /10, stand for no known service/],
    [checked('00000000990012345'), 'ALIAS_SERVICE', /99, stand for no known service/],
  ];
  for (const [text, code, says] of named) {
    it(`names ${code} of ${text}`, () => {
      const result = parseCinEntry(text);
      assert.ok(!result.ok && result.error.code === code);
      assert.match(result.error.message, says);
    });
  }

  it('names a character that is no digit by its position', () => {
    const result = parseAlias('000000001400A000012');
    assert.ok(!result.ok && result.error.code === 'ALIAS_CHARACTER' && result.error.position === 13);
  });

  it('answers any text without throwing', () => {
    const near = fc.string({ unit: fc.constantFrom(...charactersOf(DIGITS), ' ', 'é'), maxLength: 24 });
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), near), (text) => {
        assert.equal(typeof parseAlias(text).ok, 'boolean');
        assert.equal(typeof parseCinEntry(text).ok, 'boolean');
      }),
    );
  });
});
