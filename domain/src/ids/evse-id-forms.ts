import { err, ok, type DomainError, type Result } from '../result/index.ts';
import { EvseId } from './evse-id.ts';

/**
 * Outlet ids as records of others have them. The ledger and every interface of ours know one spelling, `EvseId`; who takes
 * ids from elsewhere reads them here.
 */

/** How an outlet id was written: ISO with or without its separators, or the older DIN SPEC 91286. */
export type EvseIdForm = 'iso' | 'iso-without-separators' | 'din';

export interface ReadEvseId {
  readonly evseId: EvseId;
  readonly form: EvseIdForm;
}

export type EvseIdFormError = DomainError<'EVSE_ID_INVALID'>;

/** Countries of DIN's calling codes, where a code is one country's. */
const CALLING_CODES: Readonly<Record<string, string>> = Object.fromEntries(
  (
    '30:GR 31:NL 32:BE 33:FR 34:ES 36:HU 39:IT 40:RO 41:CH 43:AT 44:GB 45:DK 46:SE 47:NO 48:PL 49:DE ' +
    '351:PT 352:LU 353:IE 354:IS 358:FI 359:BG 370:LT 371:LV 372:EE 385:HR 386:SI 420:CZ 421:SK 423:LI'
  )
    .split(' ')
    .map((pair) => pair.split(':')),
) as Readonly<Record<string, string>>;

const MAX_LENGTH = 64;

const invalid = (text: string, why: string) =>
  err<EvseIdFormError>({
    code: 'EVSE_ID_INVALID',
    message: `${JSON.stringify(text.slice(0, MAX_LENGTH))} is no outlet id: ${why}`,
  });

const checked = (text: string, evseId: string, form: EvseIdForm): Result<ReadEvseId, EvseIdFormError> =>
  EvseId.is(evseId) ? ok({ evseId, form }) : invalid(text, `it has to be ${EvseId.expects}`);

/** `+49*810*000*438`: calling code, operator of three to six digits, outlet. Only operators of three digits have a party id. */
const readDin = (text: string): Result<ReadEvseId, EvseIdFormError> => {
  const [code = '', operator = '', ...outlet] = text.slice(1).split('*');
  const country = CALLING_CODES[code];
  if (country === undefined) return invalid(text, `the calling code +${code} is not one country’s`);
  if (!/^\d{3}$/.test(operator)) {
    return invalid(text, `the DIN operator ${operator} has no three characters, so it is no party`);
  }
  return checked(text, `${country}*${operator}*E${outlet.join('*')}`, 'din');
};

/**
 * Reads an outlet id in any legal spelling: capitals or not, stars, hyphens, spaces or nothing between its parts. Separators
 * inside the outlet's own part stay where they were given; two ids are one outlet when they are alike without any, see
 * {@link isSameOutlet}.
 */
export const readEvseId = (text: string): Result<ReadEvseId, EvseIdFormError> => {
  const given = text.trim();
  if (given.length > MAX_LENGTH) return invalid(text, `it is longer than ${MAX_LENGTH} characters`);
  const capital = given.replace(/[a-z]/g, (letter) => letter.toUpperCase()).replace(/[\s-]+/g, '*');
  if (capital.startsWith('+')) return readDin(capital);
  if (EvseId.is(capital)) return ok({ evseId: capital, form: 'iso' });
  const [, country, operator, outlet] = /^([A-Z]{2})\*?([A-Z0-9]{3})\*?(E[A-Z0-9*]+)$/.exec(capital) ?? [];
  if (country === undefined || operator === undefined || outlet === undefined) {
    return invalid(
      text,
      'country, operator, E and outlet, with or without stars between, or +49*810*000*438',
    );
  }
  return checked(text, `${country}*${operator}*${outlet}`, 'iso-without-separators');
};

/** Whether two ids name one outlet: separators and capitals carry no meaning. Spec: ISO 15118-1 Annex H. */
export const isSameOutlet = (a: EvseId, b: EvseId): boolean =>
  a.replaceAll('*', '') === b.replaceAll('*', '');
