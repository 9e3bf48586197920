import type { BareStamps, Stamp } from '@roamgrid/service-kit/csv';
import type { Zone } from '../time/zone.ts';

const MONTHS = 12;

/**
 * Turns stamps into the instants at which their intervals start. Rows come in file order, so that the two passes of an
 * autumn hour can be told apart. A bare end label is read both as the clock at the interval's end and as the start's
 * clock plus the step, because around a transition files write either.
 */
export class StampResolver {
  readonly #zone: Zone;
  readonly #bare: BareStamps;
  readonly #labelEndMs: number;
  readonly #taken = new Set<number>();
  /** Stamps inside a spring gap: there is no such moment, the row is dropped. */
  nonexistent = 0;
  /** Stamps that the wall clock shows twice and nothing in the file tells apart but their order. */
  ambiguous = 0;
  /** Stamps whose zone's name is not in force at their date, so that the zone's own clock counts. */
  contradicted = 0;

  /** `labelEndMs` is the interval's length when stamps mark its end, else 0. */
  constructor(zone: Zone, bareStamps: BareStamps, labelEndMs: number) {
    this.#zone = zone;
    this.#bare = bareStamps;
    this.#labelEndMs = labelEndMs;
  }

  /** Instant of the interval's start, or undefined inside a spring gap. */
  startOf(stamp: Stamp): number | undefined {
    if (stamp.kind === 'instant') return stamp.ms - this.#labelEndMs;
    const named = this.#byName(stamp);
    if (named !== undefined) return named - this.#labelEndMs;
    if (this.#bare === 'utc') return stamp.ms - this.#labelEndMs;
    if (this.#bare === 'standard')
      return stamp.ms - this.#labelEndMs - standardOffsetMs(this.#zone, stamp.ms);
    const byStart = this.#zone.instantsOf(stamp.ms - this.#labelEndMs);
    if (this.#labelEndMs === 0 && byStart.length === 1) return byStart[0];
    const byEnd = this.#zone.instantsOf(stamp.ms).map((instant) => instant - this.#labelEndMs);
    if (byStart.length === 1 && byEnd.length === 1 && byStart[0] === byEnd[0]) return byStart[0];
    if (stamp.pass !== undefined && byStart.length === 2) return byStart[stamp.pass - 1];
    if (stamp.pass === 1 && byStart.length === 1) return byStart[0];
    if (stamp.pass === 2 && byEnd.length === 2) return byEnd[1];
    const candidates = [...new Set([...byEnd, ...byStart])].sort((left, right) => left - right);
    if (candidates.length === 0) {
      this.nonexistent++;
      return undefined;
    }
    if (candidates.length > 1) this.ambiguous++;
    const free = candidates.find((candidate) => !this.#taken.has(candidate)) ?? candidates.at(-1);
    if (free !== undefined) this.#taken.add(free);
    return free;
  }

  /** The instant that a zone's abbreviation gives; undefined without one, and where it contradicts the zone's calendar. */
  #byName({ ms, offsetMs }: Stamp): number | undefined {
    if (offsetMs === undefined) return undefined;
    const instant = ms - offsetMs;
    if (this.#zone.offsetMs(instant) === offsetMs) return instant;
    // The label at the very change of the clocks: the interval before it was still in the other offset.
    if (this.#zone.offsetMs(instant - 1) === offsetMs) return instant;
    if (!offsetsOfYear(this.#zone, instant).includes(offsetMs)) return instant;
    this.contradicted++;
    return undefined;
  }
}

const offsetsOfYear = (zone: Zone, aboutMs: number): readonly number[] => {
  const year = new Date(aboutMs).getUTCFullYear();
  return Array.from({ length: MONTHS }, (_, month) => zone.offsetMs(Date.UTC(year, month, 1)));
};

/** The zone's offset outside summer time in a year. */
export const standardOffsetMs = (zone: Zone, aboutMs: number): number =>
  Math.min(...offsetsOfYear(zone, aboutMs));
