import type { Check } from '../record.ts';

/** No more is billed than the driver consented to. */
export const cap: Check = ({ cdr, settled: { open } }) => {
  const { capMicros } = open.quote;
  if (cdr.totalMicros <= capMicros) return undefined;
  return {
    reason: 'CAP',
    statement: 'the record is above the cap that the driver consented to',
    figures: { totalMicros: cdr.totalMicros.toString(), capMicros: capMicros.toString() },
  };
};
