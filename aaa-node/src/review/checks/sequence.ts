import type { Finding, ReviewedRecord } from '../record.ts';

/** A lane's records are numbered one after the other, each once. */
export const sequence = (
  { cdr: { sessionId, laneSequence } }: Pick<ReviewedRecord, 'cdr'>,
  expected: number,
  seen: ReadonlySet<string>,
): Finding | undefined => {
  const statement = seen.has(sessionId)
    ? 'the session stands twice on the invoice'
    : laneSequence === expected
      ? undefined
      : `the record has number ${laneSequence} where ${expected} was due`;
  return statement === undefined
    ? undefined
    : {
        reason: 'SEQUENCE',
        statement,
        figures: { sessionId, laneSequence: laneSequence.toString(), expected: expected.toString() },
      };
};
