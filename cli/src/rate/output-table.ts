import { formatDecimal, type RatedLine, type TaxedMicros } from '@roamgrid/domain';
import type { Outcome } from './output-json.ts';
import { costsOf } from './totals.ts';

const money = (micros: bigint): string => formatDecimal(micros, 6, 2);

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
    money(line.micros),
    `${money(line.taxMicros)}${vat}`,
    money(line.inclTaxMicros),
  ];
};

const totalRow = (name: string, price: TaxedMicros): readonly string[] => [
  name,
  '',
  '',
  '',
  money(price.micros),
  money(price.taxMicros),
  money(price.inclTaxMicros),
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

/** The bill for people: lines, totals that are not zero, then what was assumed and what differs. */
export const outcomeTable = ({ rated, cdr, timeZone, notes, differences }: Outcome): string => {
  const totals = [...costsOf(rated, cdr)]
    .filter(([field, price]) => field !== 'total_cost' && (price.micros !== 0n || price.taxMicros !== 0n))
    .map(([field, price]) => totalRow(field, price));
  const total = costsOf(rated, cdr).get('total_cost');
  const rows = [
    HEADER,
    ...rated.lines.map(lineRow),
    ...totals,
    ...(total ? [totalRow('total_cost', total)] : []),
  ];
  const used = `${rated.energyKWh} kWh, ${rated.timeHours} h (${rated.parkingHours} h parked), time zone ${timeZone}`;
  const said = notes.map(
    ({ message, pointer }) => `note: ${pointer === undefined ? '' : `${pointer}: `}${message}\n`,
  );
  const differs = differences.map(
    ({ field, declared, computed }) => `differs: ${field}: the CDR says ${declared}, computed ${computed}\n`,
  );
  return `CDR ${cdr.id} in ${rated.currency}: ${used}\n\n${table(rows)}\n${said.join('')}${differs.join('')}`;
};
