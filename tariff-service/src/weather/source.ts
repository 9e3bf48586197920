/**
 * Temperatures of one station or one weather model. Each value has the instant from which it could be read, so that a
 * forecast of the load sees just what was there at its gate: a measured one when its interval is over, a forecast one when
 * it was published.
 */
export interface WeatherSource {
  readonly name: string;
  readonly kind: 'measured' | 'forecast';
  /** How long a value stands for. */
  readonly stepMs: number;
  /** Rows in rising order of `validMs`, and of `issuedMs` among those. */
  readonly validMs: Float64Array;
  readonly issuedMs: Float64Array;
  readonly celsius: Float64Array;
}

/** One value before it is sorted in. */
export interface WeatherRow {
  readonly validMs: number;
  readonly issuedMs: number;
  readonly celsius: number;
}

/** Sorts rows in; of two for one instant and one issue the later given counts. */
export function weatherSource(
  of: Pick<WeatherSource, 'name' | 'kind' | 'stepMs'>,
  rows: readonly WeatherRow[],
): WeatherSource {
  const known = new Map(rows.map((row) => [`${row.validMs}/${row.issuedMs}`, row]));
  const sorted = [...known.values()].sort(
    (left, right) => left.validMs - right.validMs || left.issuedMs - right.issuedMs,
  );
  return {
    ...of,
    validMs: Float64Array.from(sorted, ({ validMs }) => validMs),
    issuedMs: Float64Array.from(sorted, ({ issuedMs }) => issuedMs),
    celsius: Float64Array.from(sorted, ({ celsius }) => celsius),
  };
}

/** A column of a load history as a measured source. */
export function measuredColumn(
  name: string,
  startMs: number,
  stepMs: number,
  values: Float64Array,
): WeatherSource {
  const validMs = values.map((_, index) => startMs + index * stepMs);
  return {
    name,
    kind: 'measured',
    stepMs,
    validMs,
    issuedMs: validMs.map((ms) => ms + stepMs),
    celsius: values,
  };
}
