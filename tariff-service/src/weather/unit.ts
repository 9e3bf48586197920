import { type DataError, fail, ok, type Result } from '../data/result.ts';

export const TEMPERATURE_UNITS = ['C', 'F', 'K'] as const;
export type TemperatureUnit = (typeof TEMPERATURE_UNITS)[number];

export const toCelsius: Readonly<Record<TemperatureUnit, (value: number) => number>> = {
  C: (value) => value,
  F: (value) => ((value - 32) * 5) / 9,
  K: (value) => value - 273.15,
};

/** Air near the ground has never been colder or warmer; beyond is another unit or a broken thermometer. */
const COLDEST_C = -90;
const HOTTEST_C = 60;
export const isAir = (celsius: number): boolean => celsius >= COLDEST_C && celsius <= HOTTEST_C;

/** Values that cannot be, above this share, are no broken thermometer. */
const WRONG_SHARE = 0.01;

const IN_NAMES: readonly (readonly [TemperatureUnit, RegExp])[] = [
  ['F', /°\s*f|fahrenheit|deg\s*f\b|[_ (]f\)?$/iu],
  ['C', /°\s*c|celsius|deg\s*c\b|[_ (]c\)?$/iu],
  ['K', /kelvin|[_ (]k\)?$/iu],
];

export interface UnitFound {
  readonly unit: TemperatureUnit;
  /** What was assumed. */
  readonly note?: string;
}

/** The unit of a column: as told, as its name says, or as its values show. What it says must be possible. */
export function unitOf(
  column: string,
  values: readonly number[],
  told: TemperatureUnit | undefined,
): Result<UnitFound, DataError> {
  const named = IN_NAMES.find(([, pattern]) => pattern.test(column))?.[0];
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((left, right) => left - right);
  const [low = 0] = sorted;
  const high = sorted.at(-1) ?? 0;
  const span = `${low} to ${high}`;
  const fits = (unit: TemperatureUnit): boolean =>
    sorted.filter((value) => !isAir(toCelsius[unit](value))).length <= sorted.length * WRONG_SHARE;
  const said = told ?? named;
  if (said !== undefined && fits(said)) return ok({ unit: said });
  const other = TEMPERATURE_UNITS.find(fits);
  if (said !== undefined || other === undefined) {
    const by = told === undefined ? "the column's name" : '--weather-unit';
    const says = said === undefined ? 'no unit fits them' : `${by} says °${said}, which air never has`;
    const hint = other === undefined ? 'name another column' : `tell --weather-unit ${other}`;
    return fail({
      code: 'WEATHER_UNIT',
      message: `the temperatures in column '${column}' are ${span}; ${says}: ${hint}`,
    });
  }
  const why = other === 'C' ? 'the file names no unit' : 'in °C air never has them';
  return ok({
    unit: other,
    note: `the temperatures are taken as ${other === 'K' ? 'kelvin' : `°${other}`}: ${why} (--weather-unit says otherwise)`,
  });
}
