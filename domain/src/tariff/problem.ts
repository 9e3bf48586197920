/** What can be wrong with a tariff, a CDR or a metered session. */
export type ProblemCode =
  | 'NOT_AN_OBJECT'
  | 'FIELD_MISSING'
  | 'TYPE_WRONG'
  | 'NUMBER_INVALID'
  | 'ENUM_UNKNOWN'
  | 'TIME_INVALID'
  | 'DATE_INVALID'
  | 'DATE_TIME_INVALID'
  | 'VALUE_OUT_OF_RANGE'
  | 'LIST_EMPTY'
  | 'ZONE_UNKNOWN'
  | 'PERIOD_OUTSIDE_SESSION'
  | 'SESSION_TOO_LONG'
  | 'SESSION_ENDS_BEFORE_START'
  | 'TARIFF_MISSING'
  | 'TARIFF_UNKNOWN'
  | 'CURRENCY_MISMATCH'
  | 'METER_WENT_BACK'
  | 'READINGS_UNORDERED';

/** One thing that is wrong, and where: `pointer` is a JSON pointer (RFC 6901) into the document. */
export interface Problem {
  readonly code: ProblemCode;
  readonly pointer: string;
  readonly message: string;
}

/** What was assumed or repaired on the way; never a failure. */
export type NoteCode =
  | 'NUMBER_AS_STRING'
  | 'KEY_UNKNOWN'
  | 'CASE_REPAIRED'
  | 'DEFAULT_USED'
  | 'COMPONENT_REPEATED'
  | 'RESTRICTION_UNSUPPORTED'
  | 'RESTRICTION_EMPTY_WINDOW'
  | 'VAT_IGNORED'
  | 'TAX_UNKNOWN'
  | 'ZONE_ASSUMED_UTC'
  | 'TARIFF_ID_DIFFERS'
  | 'TARIFF_ASSUMED'
  | 'TARIFF_NOT_VALID_AT_START'
  | 'PERIOD_WITHOUT_TARIFF'
  | 'PERIODS_SORTED'
  | 'PERIODS_START_LATE'
  | 'DIMENSION_UNKNOWN'
  | 'DIMENSION_REPEATED'
  | 'PERIOD_SPLIT'
  | 'POWER_STRADDLES'
  | 'POWER_DERIVED'
  | 'POWER_UNKNOWN'
  | 'TIME_NOT_STATED'
  | 'TIME_IMPOSSIBLE'
  | 'ENERGY_IMPOSSIBLE'
  | 'TOTALS_CONTRADICT'
  | 'STEP_SIZE_APPLIED'
  | 'MIN_PRICE_APPLIED'
  | 'MAX_PRICE_APPLIED'
  | 'RESERVATION_EXPIRED'
  | 'SIGNED_DATA_UNVERIFIED'
  | 'SIGNED_DATA_BAD'
  | 'SIGNED_DATA_NO_ENERGY'
  | 'SIGNED_DATA_DIFFERS';

export interface Note {
  readonly code: NoteCode;
  readonly message: string;
  readonly pointer?: string;
}

/** Escapes one reference token of a JSON pointer. */
export const pointerTo = (base: string, key: string | number): string =>
  `${base}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
