import { err, ok, type DomainError, type Result } from '@roamgrid/domain';

/**
 * A JSON number as its digits, so that decimal places survive and no float touches an amount. The shape is the one
 * that lossless JSON parsers use and that the domain's tariff reader takes.
 */
export interface ExactNumber {
  readonly isLosslessNumber: true;
  readonly value: string;
}

/** Reads JSON whose numbers are none that amounts are made of. */
export const parseJson = (text: string): Result<unknown, DomainError<'NOT_JSON'>> => {
  try {
    return ok(JSON.parse(text) as unknown);
  } catch {
    return err({ code: 'NOT_JSON', message: 'the text is not JSON' });
  }
};

const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** Reads JSON with every number as an {@link ExactNumber}; node before 22 has no reviver that sees the source. */
export const parseJsonKeepingNumbers = (text: string): Result<unknown, DomainError<'NOT_JSON'>> => {
  try {
    JSON.parse(text); // refuses what the substitution below could turn into JSON, such as 01
    const exact = text.replace(STRING_OR_NUMBER, (token) =>
      token.startsWith('"') ? token : `{"isLosslessNumber":true,"value":"${token}"}`,
    );
    return ok(JSON.parse(exact) as unknown);
  } catch {
    return err({ code: 'NOT_JSON', message: 'the text is not JSON' });
  }
};

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Of a JSON number that kept its digits; an object that only looks like one is none. */
export const isExactNumber = (value: unknown): value is ExactNumber =>
  typeof value === 'object' &&
  value !== null &&
  Object.keys(value).length === 2 &&
  (value as Partial<ExactNumber>).isLosslessNumber === true &&
  typeof (value as Partial<ExactNumber>).value === 'string' &&
  JSON_NUMBER.test((value as ExactNumber).value);

/** JSON text of what {@link parseJsonKeepingNumbers} read, changed or not: each number in the digits that it had. */
export const exactJsonText = (value: unknown): string => {
  if (isExactNumber(value)) return value.value;
  if (Array.isArray(value)) return `[${value.map(exactJsonText).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  const members = Object.entries(value).filter(([, item]) => item !== undefined);
  return `{${members.map(([key, item]) => `${JSON.stringify(key)}:${exactJsonText(item)}`).join(',')}}`;
};
