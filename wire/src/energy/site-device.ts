import { z } from 'zod';
import { instantMs, microsCodec, powerWCodec } from '../codec/scalars.ts';
import { powerClaim, powerSource, siteThingId } from './power-model.ts';

/**
 * How a device of a site that speaks plain HTTP tells what it gives or takes, and is told what it may: for equipment that has no
 * protocol of its own here, and for what is simulated.
 */

/** Power that may flow either way, W. */
export const signedWCodec = microsCodec;

const facts = z.record(z.string().max(64), z.string().max(256));

/** `GET {device}` of something that gives power. */
export const sourceReport = z.strictObject({
  source: powerSource,
  measuredW: signedWCodec,
  facts: facts.exactOptional(),
});

/** `PUT {device}/order` */
export const sourceOrder = z.strictObject({ watts: signedWCodec, lapsesAtMs: instantMs });

/** `GET {device}` of something that takes power. */
export const loadReport = z.strictObject({
  measuredAtMs: instantMs,
  measuredW: powerWCodec,
  claims: z.array(powerClaim).max(1_000),
  facts: facts.exactOptional(),
});

/** `PUT {device}/grants`: claims that are not named keep what they have until it lapses. */
export const grantOrders = z.strictObject({
  orders: z
    .array(
      z.strictObject({
        claimId: siteThingId,
        watts: powerWCodec,
        laneW: z.array(powerWCodec).min(1).max(3),
        lapsesAtMs: instantMs,
      }),
    )
    .max(1_000),
});

/** Facts that a device shows beside its figures. */
export const deviceFacts = facts;

/** `PUT {device}/terms`: at what price, of which sources and under which contract a charge is planned. Spec: HOME-7 */
export const chargeTerms = z.strictObject({
  claimId: siteThingId,
  planVersion: z.int().min(1),
  contractId: z.string().min(1).max(64).exactOptional(),
  slots: z
    .array(
      z.strictObject({
        startMs: instantMs,
        endMs: instantMs,
        priceMicrosPerKWh: microsCodec,
        /** The tariff on the ledger that the price is of. */
        tariff: z.strictObject({ tariffId: z.string().max(64), version: z.int().min(1) }).exactOptional(),
        plannedW: powerWCodec,
        /** What feeds all that is taken there in the slot, W by kind of source. */
        sourcesW: z.strictObject({
          grid: powerWCodec,
          renewable: powerWCodec,
          ess: powerWCodec,
          ev: powerWCodec,
        }),
      }),
    )
    .max(192),
});
export type ChargeTerms = z.output<typeof chargeTerms>;
