import { z } from 'zod';
import { energyWhCodec, instantMs, microsCodec, powerWCodec, recordId } from '../codec/scalars.ts';
import { siteThingId } from './power-model.ts';

/** A house that plans: what its operator sees of its plan, and sets of its cars. Spec: HOME-1 to HOME-5, HOME-7. */

/** What had a plan made; `time`: its first slot was over. */
export const planCause = z.enum(['start', 'time', 'event', 'price', 'plan-change', 'measurement', 'outage']);
export type PlanCause = z.output<typeof planCause>;

/** Of a claim or a source; a car's later way has an id that no device can have. */
const plannedId = z.string().min(1).max(120);
const byThingW = z.record(plannedId, powerWCodec);

export const tariffVersion = z.strictObject({ tariffId: recordId, version: z.int().min(1) });

/** A quarter of an hour as it is planned. */
export const homeSlot = z.strictObject({
  startMs: instantMs,
  endMs: instantMs,
  priceMicrosPerKWh: microsCodec,
  /** The tariff on the ledger that the price is of; absent for a price that somebody told. */
  tariff: tariffVersion.exactOptional(),
  /** Expected of all that is not planned, and of the roof. */
  loadW: powerWCodec,
  solarW: powerWCodec,
  /** Planned by claim, and most that batteries give by source. */
  chargesW: byThingW,
  batteriesW: byThingW,
  /** Bought. */
  gridW: powerWCodec,
});

/** A plan as it is kept: superseded by the next version. */
export const homePlan = z.strictObject({
  version: z.int().min(1),
  madeAtMs: instantMs,
  cause: planCause,
  detail: z.string().max(500),
  decidedBy: z.enum(['plan', 'rule']),
  /** Why the rule decides, with what the solver said. */
  why: z.string().max(500).exactOptional(),
  slots: z.array(homeSlot).max(192),
  /** What cars will lack at their departure, as far as it is seen. */
  shortfall: z.array(z.strictObject({ claimId: plannedId, missingWh: energyWhCodec })),
  /** What demand-response events leave the connection. */
  caps: z.array(z.strictObject({ key: z.string(), startMs: instantMs, endMs: instantMs, capW: powerWCodec })),
  /** Since when, and why, it is known to be old. */
  stale: z.strictObject({ atMs: instantMs, cause: planCause, detail: z.string().max(500) }).exactOptional(),
});
export type HomePlanMessage = z.output<typeof homePlan>;

/** A way that a car goes: with how much it leaves, and what it has used when it is back. */
export const carTrip = z
  .strictObject({
    departsAtMs: instantMs,
    /** What the battery holds then, where the charger tells what it holds; else what is charged from now on. */
    targetWh: energyWhCodec,
    returnsAtMs: instantMs.exactOptional(),
    usesWh: energyWhCodec.exactOptional(),
  })
  .refine(({ departsAtMs, returnsAtMs }) => returnsAtMs === undefined || returnsAtMs > departsAtMs, {
    message: 'a car is back after it has gone',
  });

/** `PUT …/home/cars/{claimId}`: what its user wants of a car. A version is said once. */
export const carPlan = z.strictObject({
  version: z.int().min(1),
  /** In their order. */
  trips: z
    .array(carTrip)
    .max(14)
    .refine(
      (all) => all.every(({ departsAtMs }, at) => at === 0 || departsAtMs > (all[at - 1]?.departsAtMs ?? 0)),
      { message: 'trips are told in their order' },
    ),
  /** The house may be fed by it. */
  mayDischarge: z.boolean(),
  /** Never discharged below it, outage or not. */
  keepWh: energyWhCodec,
});
export type CarPlan = z.output<typeof carPlan>;

export const carPlanTaken = z.strictObject({ outcome: z.enum(['taken', 'known']) });

/** `GET …/home/notices` */
export const homeNotices = z.strictObject({
  notices: z.array(
    z.strictObject({
      key: z.string().max(200),
      atMs: instantMs,
      code: z.enum(['TEMPERATURE_DROP', 'GRID_SURGE']),
      text: z.string().max(500),
    }),
  ),
});
export type HomeNotice = z.output<typeof homeNotices>['notices'][number];

/** `GET …/home` */
export const homeView = z.strictObject({
  siteId: recordId,
  nowMs: instantMs,
  plan: homePlan.exactOptional(),
  isSolving: z.boolean(),
  cars: z.array(z.strictObject({ claimId: siteThingId, plan: carPlan })),
  /** The versions of its tariff on the ledger that it knows. */
  tariffs: z.array(tariffVersion.extend({ validFromMs: instantMs, validUntilMs: instantMs })),
});
export type HomeView = z.output<typeof homeView>;

/** `GET …/home/plans`: newest first, without their slots. */
export const homePlans = z.strictObject({
  plans: z.array(homePlan.omit({ slots: true })),
});
