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
