import type { Claim, PowerState, Source } from '@roamgrid/domain/power';
import type { CarPlan } from '@roamgrid/wire';

/** What users want of their cars, by the claim of the charge. */
export type CarPlans = ReadonlyMap<string, CarPlan>;

type Trip = CarPlan['trips'][number];

/** Marks a charge of a later way in a plan. In no device's id there is a `~`. */
const LATER = '~later';

/** The way that a car goes next. */
export const nextTrip = (plan: CarPlan | undefined, nowMs: number): Trip | undefined =>
  plan?.trips.find(({ departsAtMs }) => departsAtMs > nowMs);

const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);

const charged = (claim: Claim, plan: CarPlan, source: Source | undefined, nowMs: number): Claim => {
  const trip = nextTrip(plan, nowMs);
  const store = source?.store;
  const needWh =
    trip === undefined
      ? claim.needWh
      : store === undefined
        ? (claim.needWh ?? trip.targetWh)
        : most(0n, trip.targetWh - store.storedWh);
  return {
    ...claim,
    ...(needWh !== undefined && { needWh }),
    ...(trip !== undefined && { deadlineMs: trip.departsAtMs }),
    ...(plan.mayDischarge && store !== undefined && { mayStore: true }),
    ...(trip !== undefined && store !== undefined && { spareWh: most(0n, store.storedWh - trip.targetWh) }),
  };
};

/** A state with what users want of their cars: departures, what they leave with, what the house may have of them. */
export const wished = (state: PowerState, cars: CarPlans, nowMs: number): PowerState => {
  const bySource = new Map<string, CarPlan>();
  for (const { claimId, kind, sourceId } of state.claims) {
    const plan = kind === 'charge' ? cars.get(claimId) : undefined;
    if (plan !== undefined && sourceId !== undefined) bySource.set(sourceId, plan);
  }
  const sources = state.sources.map((source): Source => {
    const plan = bySource.get(source.sourceId);
    if (plan === undefined || source.store === undefined) return source;
    const floorWh = most(source.store.floorWh, plan.keepWh);
    const { essentialFloorWh = floorWh } = source.store;
    // What its user keeps is kept from essential claims too.
    return {
      ...source,
      store: { ...source.store, floorWh, essentialFloorWh: most(essentialFloorWh, plan.keepWh) },
    };
  });
  const claims = state.claims.flatMap((claim): readonly Claim[] => {
    if (claim.kind === 'discharge') {
      const plan = bySource.get(claim.sourceId ?? '');
      if (plan === undefined) return [claim];
      const untilMs = nextTrip(plan, nowMs)?.departsAtMs;
      return plan.mayDischarge ? [{ ...claim, ...(untilMs !== undefined && { untilMs }) }] : [];
    }
    const plan = claim.kind === 'charge' ? cars.get(claim.claimId) : undefined;
    if (plan === undefined) return [claim];
    return [
      charged(
        claim,
        plan,
        sources.find(({ sourceId }) => sourceId === claim.sourceId),
        nowMs,
      ),
    ];
  });
  return { ...state, sources, claims };
};

/**
 * What cars will need when they are back, within the time that is planned: charges of their own that nothing is told of before the car is there.
 * @param seen the claims of the cars as they were there last
 */
export const laterCharges = (
  seen: ReadonlyMap<string, Claim>,
  cars: CarPlans,
  { nowMs, untilMs }: { readonly nowMs: number; readonly untilMs: number },
): readonly Claim[] =>
  [...seen.values()].flatMap((claim) => {
    const { trips } = cars.get(claim.claimId) ?? { trips: [] };
    return trips.flatMap((trip, at): readonly Claim[] => {
      const { returnsAtMs, usesWh = 0n } = trip;
      const next = trips[at + 1];
      if (returnsAtMs === undefined || next === undefined || usesWh === 0n) return [];
      if (returnsAtMs <= nowMs || returnsAtMs >= untilMs || next.departsAtMs <= returnsAtMs) return [];
      // What lies beyond the plan's end may wait until it is seen.
      if (next.departsAtMs > untilMs) return [];
      const { sourceId: _car, mayStore: _store, runningW: _now, ...charge } = claim;
      return [
        {
          ...{ ...charge, claimId: `${claim.claimId}${LATER}${at}`, needWh: usesWh },
          ...{ fromMs: returnsAtMs, deadlineMs: next.departsAtMs, arrivedMs: returnsAtMs },
        },
      ];
    });
  });
