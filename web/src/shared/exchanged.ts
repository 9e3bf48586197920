import type { quotedExchange } from '@roamgrid/wire';
import type { z } from 'zod';
import { decimalText, type Formats } from './format.ts';

export type Exchanged = NonNullable<z.input<typeof quotedExchange>['exchanged']>;

/** What these facts are called, in the reader's language. */
export interface ExchangeWords {
  readonly about: string;
  readonly most: string;
  readonly rate: string;
  readonly fixed: (one: string, rate: string, source: string) => string;
}

/** The price in the currency of the driver's bill, and the rate that it is fixed by. */
export const exchangedFacts = (
  exchanged: Exchanged | undefined,
  quoted: string,
  words: ExchangeWords,
  write: Pick<Formats, 'money' | 'decimal'>,
): readonly (readonly [string, string])[] => {
  if (exchanged === undefined) return [];
  const { currency, rateMicros, source, estimateMicros, capMicros } = exchanged;
  return [
    [words.about, write.money(estimateMicros, currency)],
    [words.most, write.money(capMicros, currency)],
    [
      words.rate,
      words.fixed(`1 ${quoted}`, `${write.decimal(decimalText(rateMicros, 6))} ${currency}`, source),
    ],
  ];
};
