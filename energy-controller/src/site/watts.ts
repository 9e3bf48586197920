/** Small sums over lanes. */
export const sumW = (values: readonly bigint[]): bigint => values.reduce((sum, value) => sum + value, 0n);

/** Whether one is above the other on any lane. */
export const isAboveW = (first: readonly bigint[], second: readonly bigint[]): boolean =>
  first.some((value, lane) => value > (second[lane] ?? 0n));

export const lowerW = (first: readonly bigint[], second: readonly bigint[]): readonly bigint[] =>
  first.map((value, lane) => {
    const other = second[lane] ?? 0n;
    return value < other ? value : other;
  });

export const higherW = (first: readonly bigint[], second: readonly bigint[]): readonly bigint[] => {
  const lanes = Math.max(first.length, second.length);
  return Array.from({ length: lanes }, (_, lane) => {
    const [one, other] = [first[lane] ?? 0n, second[lane] ?? 0n];
    return one > other ? one : other;
  });
};
