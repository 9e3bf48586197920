import {
  aliasOf,
  CIN_SERVICES,
  cinParts,
  countryOf,
  formatAlias,
  formatCin,
  partyOf,
  type AliasError,
  type Cin,
  type CinError,
  type CinPartLengthError,
  type ContractIdError,
  type EvseIdFormError,
  type NoAliasError,
} from '@roamgrid/domain';

/** What the `cin` commands print about a right CIN. */
export interface CinReport {
  readonly valid: true;
  readonly cin: string;
  readonly display: string;
  readonly utility: string;
  readonly country: string;
  readonly party: string;
  readonly service: { readonly code: string; readonly name: string };
  readonly customer: string;
  readonly checkCharacter: string;
  /** Nineteen digits; null when the customer number has letters. */
  readonly alias: string | null;
}

/** What they print about a refused one. */
export interface CinRefusal {
  readonly valid: false;
  readonly error:
    CinError | AliasError | CinPartLengthError | NoAliasError | ContractIdError | EvseIdFormError;
}

export const reportOf = (cin: Cin): CinReport => {
  const { utility, service, customer, checkCharacter } = cinParts(cin);
  const alias = aliasOf(cin);
  return {
    valid: true,
    cin,
    display: formatCin(cin),
    utility,
    country: countryOf(utility),
    party: partyOf(utility),
    service: { code: service, name: CIN_SERVICES[service] },
    customer,
    checkCharacter,
    alias: alias.ok ? alias.value : null,
  };
};

/** The report for a person: one fact a line. */
export const describeReport = (cin: Cin): string => {
  const report = reportOf(cin);
  const alias = aliasOf(cin);
  const rows: readonly (readonly [string, string])[] = [
    ['utility', report.utility],
    ['service', `${report.service.code} (${report.service.name})`],
    ['customer', report.customer],
    ['check', report.checkCharacter],
    ['keypad', alias.ok ? formatAlias(alias.value) : `none: ${alias.error.message}`],
  ];
  return [`${report.display}  valid`, ...rows.map(([name, value]) => `  ${name.padEnd(9)}${value}`)].join(
    '\n',
  );
};
