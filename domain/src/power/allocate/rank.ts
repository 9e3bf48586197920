import { byText } from '../model/phases.ts';
import type { ServingOrder } from '../model/policy.ts';
import type { Want } from './wants.ts';

const byNumber = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);

const earliestFirst = (a: Want, b: Want): number =>
  byNumber(a.claim.arrivedMs, b.claim.arrivedMs) || byText(a.claim.claimId, b.claim.claimId);

const WITHIN: Readonly<Record<ServingOrder, (a: Want, b: Want) => number>> = {
  llf: (a, b) => byNumber(a.laxityMs, b.laxityMs) || earliestFirst(a, b),
  edf: (a, b) =>
    byNumber(a.claim.deadlineMs ?? Infinity, b.claim.deadlineMs ?? Infinity) || earliestFirst(a, b),
  fcfs: earliestFirst,
  share: earliestFirst,
};

/** True when one band and priority holds both, so that `share` serves them together. */
export const isSameRank = (a: Want, b: Want): boolean => a.band === b.band && a.priority === b.priority;

/** A total order: the same list comes out whatever order claims came in. */
export const ranked = (wants: readonly Want[], serve: ServingOrder): readonly Want[] =>
  [...wants].sort(
    (a, b) => byNumber(b.band, a.band) || byNumber(a.priority, b.priority) || WITHIN[serve](a, b),
  );
