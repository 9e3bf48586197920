import type { EndReason } from '@roamgrid/domain';
import type { BaySignals } from './bay.ts';

/** More than this much of the rated current is too much when it lasts for two samples. */
const LASTING_OVER_CURRENT_PERCENT = 110;
/** And this much at once. */
const SUDDEN_OVER_CURRENT_PERCENT = 150;
/** Spec: IEC 61851-1 §8.5: a residual current of 30 mA switches off. */
const MOST_LEAKAGE_MILLI_A = 30;
/** Contacts above this melt their plug in the long run. */
const HOTTEST_CONTACT_MILLI_C = 90_000;

type Detected = Extract<
  EndReason,
  'over-current' | 'ground-fault' | 'over-temperature' | 'meter-error' | 'cable-out'
>;

/**
 * Judges the sensors of one session, sample by sample. Where several say something at once, what endangers people comes
 * first.
 */
export class FaultDetector {
  readonly #ratedMilliA: number;
  #wasOver = false;

  constructor(ratedMilliA: number) {
    this.#ratedMilliA = ratedMilliA;
  }

  /** Why charging must end now, or nothing. */
  judge(signals: BaySignals): Detected | undefined {
    const isOver = this.#isAbove(signals, LASTING_OVER_CURRENT_PERCENT);
    const lasts = isOver && this.#wasOver;
    this.#wasOver = isOver;
    if (signals.leakageMilliA >= MOST_LEAKAGE_MILLI_A) return 'ground-fault';
    if (lasts || this.#isAbove(signals, SUDDEN_OVER_CURRENT_PERCENT)) return 'over-current';
    if (signals.contactMilliC >= HOTTEST_CONTACT_MILLI_C) return 'over-temperature';
    if (!signals.isMeterGood) return 'meter-error';
    return signals.isPlugged ? undefined : 'cable-out';
  }

  #isAbove({ currentMilliA }: BaySignals, percent: number): boolean {
    return currentMilliA * 100 > this.#ratedMilliA * percent;
  }
}
