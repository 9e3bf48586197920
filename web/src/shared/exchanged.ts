import type { quotedExchange } from '@roamgrid/wire';
import type { z } from 'zod';
import { decimalText, money } from './format.ts';

export type Exchanged = NonNullable<z.input<typeof quotedExchange>['exchanged']>;

/** The price in the currency of the driver's bill, and the rate that it is fixed by. */
export const exchangedFacts = (
  exchanged: Exchanged | undefined,
  quoted: string,
): readonly (readonly [string, string])[] => {
  if (exchanged === undefined) return [];
  const { currency, rateMicros, source, estimateMicros, capMicros } = exchanged;
  return [
    ['On your bill about', money(estimateMicros, currency)],
    ['On your bill never more than', money(capMicros, currency)],
    ['Rate', `1 ${quoted} is ${decimalText(rateMicros, 6)} ${currency}, fixed now (${source})`],
  ];
};
