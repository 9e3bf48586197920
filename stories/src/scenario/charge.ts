import type { Outlet } from '@roamgrid/station';
import type { BillSummary, SwipeOffer } from '@roamgrid/wire';
import type { Clock } from '@roamgrid/station-kit';

/** One visit of the driver at an outlet, as the driver and the station saw it. */
export interface Visit {
  readonly offer: SwipeOffer;
  readonly bill: BillSummary;
  readonly consentedAtMs: number;
  /** From swipe to answer on the station's own stopwatch, ms. */
  readonly answerMs: number;
}

/** Swipe, read the price, accept, charge to the end. Throws with the screen's words when the station refuses. */
export async function visit(
  outlet: Outlet,
  clock: Clock,
  cin: string,
  requestedEnergyWh: bigint,
  plannedMs: number,
): Promise<Visit> {
  const beganMs = performance.now();
  const state = await outlet.swipe({ cin, method: 'card', requestedEnergyWh, plannedMs });
  const answerMs = performance.now() - beganMs;
  if (state.screen !== 'offer') {
    throw new Error(
      state.screen === 'refused'
        ? `${state.refusal.code}: ${state.refusal.message}`
        : `the outlet shows ${state.screen}`,
    );
  }
  const consentedAtMs = clock.nowMs();
  const { ended } = await outlet.consent(state.offer.quoteHash);
  const bill = await ended;
  if (!bill) {
    throw new Error(
      outlet.state.screen === 'refused'
        ? `${outlet.state.refusal.code}: ${outlet.state.refusal.message}`
        : 'no bill came',
    );
  }
  outlet.done();
  return { offer: state.offer, bill, consentedAtMs, answerMs };
}
