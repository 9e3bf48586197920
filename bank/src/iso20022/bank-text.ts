import { err, ok, type DomainError, type Result } from '@roamgrid/domain';

/**
 * The characters that every bank passes on: letters without accents, digits, and a few signs. Spec: EPC217-08 (the SEPA
 * character set), CGI-MP; the schemas allow far more, and banks answer it with a rejection.
 */
const PASSED_ON = /^[A-Za-z0-9/\-?:().,'+ ]*$/;

/** Letters that do not come apart into a plain one and an accent. */
const SPELLED_OUT: Readonly<Record<string, string>> = {
  ß: 'ss',
  Æ: 'AE',
  æ: 'ae',
  Ø: 'O',
  ø: 'o',
  Œ: 'OE',
  œ: 'oe',
  Ł: 'L',
  ł: 'l',
  Đ: 'D',
  đ: 'd',
  ı: 'i',
  '’': "'",
  '–': '-',
  '—': '-',
  '&': '+',
  _: '-',
};

export type TextError = DomainError<'TEXT_EMPTY' | 'TEXT_TOO_LONG' | 'TEXT_NOT_PAYABLE'>;

/**
 * A name or a text for a bank: accents dropped, the rest kept. What cannot be spelled so, or is longer than the bank
 * takes, is refused, never cut.
 */
export const bankText = (text: string, maxLength: number): Result<string, TextError> => {
  const plain = Array.from(text.normalize('NFD').replaceAll(/\p{Mark}/gu, ''))
    .map((letter) => SPELLED_OUT[letter] ?? letter)
    .join('')
    .replaceAll(/\s+/g, ' ')
    .trim();
  if (plain === '') return err({ code: 'TEXT_EMPTY', message: 'a text for a bank says something' });
  const foreign = Array.from(plain).find((letter) => !PASSED_ON.test(letter));
  if (foreign !== undefined)
    return err({
      code: 'TEXT_NOT_PAYABLE',
      message: `${JSON.stringify(foreign)} of ${JSON.stringify(text)} is not passed on by banks: spell it in plain letters`,
    });
  return plain.length > maxLength
    ? err({
        code: 'TEXT_TOO_LONG',
        message: `${JSON.stringify(text)} has ${plain.length} characters: a bank takes ${maxLength} there`,
      })
    : ok(plain);
};

/** An id that comes back as it was given: 35 characters that banks pass on, no slash where they would part it. */
export const isBankId = (text: string): boolean =>
  text.length >= 1 &&
  text.length <= 35 &&
  PASSED_ON.test(text) &&
  text.trim() === text &&
  !text.startsWith('/') &&
  !text.endsWith('/') &&
  !text.includes('//');
