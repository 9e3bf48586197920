import { canonical } from '../json.ts';
import type { MeterReading, Quote } from '../session/settled.ts';
import type { Shares } from '../session/terms.ts';
import { recordOf } from './record.ts';
import type { ZoneOffset } from './usage.ts';

/** The model of a price alone, to be held against another one. */

/** A session whose price no grid demand moves. */
export interface RatedSession {
  readonly laneSequence: number;
  readonly meteredBy: string;
  readonly tariffJson: string;
  readonly quote: Omit<Quote, 'zone'> & { readonly zoneOffsets: readonly ZoneOffset[] };
  readonly readings: readonly Omit<MeterReading, 'clock' | 'errorFlags'>[];
  readonly shares: Shares;
  readonly endReason: string;
}

/** The charge detail record in its one form. @throws Failed, Unreadable */
export const recordText = ({ quote, readings, shares, endReason, ...session }: RatedSession): string => {
  const [first, ...others] = readings.map((each) => ({ ...each, clock: undefined, errorFlags: undefined }));
  const last = others.pop();
  if (first === undefined || last === undefined) throw new RangeError('a session has two readings at least');
  const { value } = recordOf({
    ...session,
    quote: { ...quote, zone: quote.zoneOffsets },
    close: { sessionId: quote.sessionId, endReason, readings: [first, ...others, last], statement: {} },
    shares,
    grid: undefined,
  });
  return canonical(value);
};
