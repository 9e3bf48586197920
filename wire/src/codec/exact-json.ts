import { err, ok, type DomainError, type Result } from '@roamgrid/domain';

/** A JSON number as its digits, so that decimal places survive and no float touches an amount. */
export interface ExactNumber {
  readonly number: string;
}

const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** Reads JSON with every number as an {@link ExactNumber}; node before 22 has no reviver that sees the source. */
export const parseJsonKeepingNumbers = (text: string): Result<unknown, DomainError<'NOT_JSON'>> => {
  try {
    JSON.parse(text); // refuses what the substitution below could turn into JSON, such as 01
    const exact = text.replace(STRING_OR_NUMBER, (token) =>
      token.startsWith('"') ? token : `{"number":"${token}"}`,
    );
    return ok(JSON.parse(exact) as unknown);
  } catch {
    return err({ code: 'NOT_JSON', message: 'the text is not JSON' });
  }
};
