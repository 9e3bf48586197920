import { naturalMicrosCodec } from '@roamgrid/wire';

/** Money of one customer. Sums of such amounts stay far below what a database adds up. */
export const accountMicros = naturalMicrosCodec.refine(
  (micros) => micros <= 10n ** 15n,
  'at most a thousand million currency units',
);

/** The same, of something that is told because there is some. */
export const someMicros = accountMicros.refine((micros) => micros > 0n, 'more than nothing');
