import { decimalText } from '../shared/format.ts';
import type { ClaimView } from './state.ts';

/** Thousands of what a decimal string counts, to be drawn. */
export const thousands = (text: string): number => Number(decimalText(text, 3));

/** Watts as kilowatts with one digit. */
export const kW = (watts: string): string => `${thousands(watts).toFixed(1)} kW`;

/** A code of the controller in words: `HELD_FOR_RESERVATION` is "held for reservation". */
export const plain = (code: string): string => code.toLowerCase().replace(/[_-]/g, ' ');

type Reason = ClaimView['reasons'][number];

/** Why somebody got what they got. */
export const reasonText = ({ code, nodeId, rule, lane }: Reason): string =>
  [
    plain(code),
    ...(nodeId === undefined ? [] : [`at ${nodeId}`]),
    ...(lane === undefined ? [] : [`on phase ${lane + 1}`]),
    ...(rule === undefined ? [] : [`by rule ${rule}`]),
  ].join(' ');

/** Why a claim got what it got, in one line. */
export const whyOf = ({ reasons, missingW }: ClaimView): string => {
  if (reasons.length > 0) return reasons.map(reasonText).join('; ');
  return missingW === '0' ? 'gets all that it asks for' : 'others come first';
};

/** An instant of the site in the reader's own time. */
export const clock = (atMs: number): string =>
  new Date(atMs).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
