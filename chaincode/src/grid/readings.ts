import { ensure, refuse, type Transaction } from '../context/index.ts';

/** Refuses readings that do not ascend strictly in time or that lie in the future; gives the first instant. */
export const requireAscending = (
  tx: Transaction,
  readings: readonly { readonly atMs: number }[],
): { readonly firstAtMs: number } => {
  let before = -1;
  for (const [index, { atMs }] of readings.entries()) {
    ensure(
      atMs > before,
      'INVALID_ARGUMENT',
      `readings.${index}.atMs does not come after the reading before it`,
    );
    before = atMs;
  }
  tx.notInFuture(before, 'the last reading');
  const [first] = readings;
  return { firstAtMs: first?.atMs ?? refuse('INVALID_ARGUMENT', 'there are no readings') };
};
