import {
  costsOf,
  formatDecimal,
  unknownSidesOf,
  type RatedLine,
  type TaxedMicros,
  type TaxSide,
} from '@roamgrid/domain';
import type { Outcome } from './output-json.ts';
import { payable } from './totals.ts';

const money = (micros: bigint): string => formatDecimal(micros, 6, 2);

/** The three amounts of a row; what no tariff states is unknown, not nothing. */
const amounts = (
  { micros, taxMicros, inclTaxMicros }: TaxedMicros,
  unknown: ReadonlySet<TaxSide>,
  vat = '',
): readonly string[] => [
  unknown.has('before') ? 'unknown' : money(micros),
  unknown.size > 0 ? 'unknown' : `${money(taxMicros)}${vat}`,
  unknown.has('after') ? 'unknown' : money(inclTaxMicros),
];

const HEADER = ['Dimension', 'Element', 'Quantity', 'Price', 'Excl. tax', 'Tax', 'Incl. tax'];

const lineRow = (line: RatedLine): readonly string[] => {
  const unit = line.unit === 'fee' || line.unit === 'limit' ? '' : ` ${line.unit}`;
  const stepped = line.billedQuantity === line.quantity ? '' : ` (used ${line.quantity})`;
  const vat = line.vatPercent === undefined ? '' : ` (${line.vatPercent} %)`;
  return [
    line.type,
    line.elementIndex === undefined ? '' : `${line.tariffId}[${line.elementIndex}]`,
    `${line.billedQuantity}${unit}${stepped}`,
    line.unitPrice === undefined ? '' : `${line.unitPrice}${line.unit === 'fee' ? '' : `/${line.unit}`}`,
    ...amounts(line, new Set(line.unknownSide === undefined ? [] : [line.unknownSide]), vat),
  ];
};

const totalRow = (name: string, price: TaxedMicros, unknown: ReadonlySet<TaxSide>): readonly string[] => [
  name,
  '',
  '',
  '',
  ...amounts(price, unknown),
];

const table = (rows: readonly (readonly string[])[]): string => {
  const widths = HEADER.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const format = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return rows.map((row) => `${format(row)}\n`).join('');
};

const SIGNED = {
  absent: 'none in the CDR',
  verified: 'verified with the key in the CDR',
  failed: 'NOT GOOD',
  not_verified: 'not verified',
} as const;

/** The bill for people: lines, totals that are not zero, then what was assumed and what differs. */
export const outcomeTable = ({ rated, cdr, timeZone, notes, differences, signed }: Outcome): string => {
  const totals = [...costsOf(rated, cdr)]
    .filter(([field, price]) => field !== 'total_cost' && (price.micros !== 0n || price.taxMicros !== 0n))
    .map(([field, price]) => totalRow(field, price, unknownSidesOf(rated, field)));
  const total = costsOf(rated, cdr).get('total_cost');
  const rows = [
    HEADER,
    ...rated.lines.map(lineRow),
    ...totals,
    ...(total ? [totalRow('total_cost', total, unknownSidesOf(rated, 'total_cost'))] : []),
  ];
  const unknown = unknownSidesOf(rated, 'total_cost');
  const paid = [
    ...(total === undefined || unknown.has('before')
      ? []
      : [`${payable(total.micros, rated.currency)} before tax`]),
    ...(total === undefined || unknown.has('after')
      ? []
      : [`${payable(total.inclTaxMicros, rated.currency)} with tax`]),
  ].join(', ');
  const used = `${rated.energyKWh} kWh, ${rated.timeHours} h (${rated.parkingHours} h parked), time zone ${timeZone}`;
  const said = notes.map(
    ({ message, pointer }) => `note: ${pointer === undefined ? '' : `${pointer}: `}${message}\n`,
  );
  const differs = differences.map(
    ({ field, declared, computed }) => `differs: ${field}: the CDR says ${declared}, computed ${computed}\n`,
  );
  return `CDR ${cdr.id} in ${rated.currency}: ${used}\n\n${table(rows)}\npayable: ${rated.currency} ${paid}\nsigned data: ${SIGNED[signed.state]}\n${said.join('')}${differs.join('')}`;
};
