import { z } from 'zod';
import {
  currencyCode,
  energyMilliWhCodec,
  energyWhCodec,
  instantMs,
  microsCodec,
  powerWCodec,
  recordId,
  timeZoneName,
} from '../codec/scalars.ts';
import {
  chargingMode,
  chargingState,
  claimKind,
  powerClaim,
  powerLimit,
  powerStore,
  siteThingId,
  sourceKind,
  urgency,
} from './power-model.ts';
import { deviceFacts, signedWCodec } from './site-device.ts';

/** The operator's interface of the energy controller: a site as it is now, what was decided, and what may be changed. Spec: SITE-1 to SITE-8. */

const laneW = z.array(powerWCodec).max(3);

/** Why a claim got what it got, a source is not used, or which rule held. */
export const powerReason = z.strictObject({
  of: z.string(),
  code: z.string(),
  rule: z.string().exactOptional(),
  nodeId: z.string().exactOptional(),
  lane: z.int().exactOptional(),
});

export const powerAction = z.strictObject({
  do: z.enum(['suspend', 'standby', 'critical-only', 'mode', 'switch-off', 'open', 'close']),
  claimId: z.string(),
  rule: z.string().exactOptional(),
  mode: z.string().exactOptional(),
  savingWh: energyWhCodec.exactOptional(),
});

export const powerNotice = z.strictObject({
  key: z.string(),
  code: z.string(),
  to: z.string().exactOptional(),
  nodeId: z.string().exactOptional(),
  excessW: powerWCodec.exactOptional(),
});

export const powerShortfall = z.strictObject({
  claimId: z.string(),
  wantedW: powerWCodec,
  missingW: powerWCodec,
  missingWh: energyWhCodec.exactOptional(),
});

/** A decision of a site, with who did not answer. */
export const siteDecision = z.strictObject({
  decisionId: z.string(),
  atMs: instantMs,
  policyId: z.string(),
  policyVersion: z.int(),
  decidedBy: z.enum(['plan', 'rule']),
  why: z.string().exactOptional(),
  /** The limit of the connection by the cloud's word or the local rule. */
  connectionW: powerWCodec.exactOptional(),
  grants: z.array(z.strictObject({ claimId: z.string(), nodeId: z.string(), grantedW: powerWCodec, laneW })),
  discharges: z.array(
    z.strictObject({ claimId: z.string(), nodeId: z.string(), grantedW: powerWCodec, laneW }),
  ),
  holds: z.array(z.strictObject({ claimId: z.string(), heldW: powerWCodec })),
  sourceShares: z.array(
    z.strictObject({
      sourceId: z.string(),
      kind: sourceKind,
      deliveredW: powerWCodec,
      laneW,
      lossW: powerWCodec,
    }),
  ),
  actions: z.array(powerAction),
  notices: z.array(powerNotice),
  shortfall: z.array(powerShortfall),
  reasons: z.array(powerReason),
  silentLoads: z.array(z.string()),
  silentSources: z.array(z.string()),
  /** What devices may be taking after it, W. */
  countedW: powerWCodec,
  /** Nothing was raised, as it was not sure to fit. */
  isHeldBack: z.boolean(),
});
export type SiteDecisionMessage = z.output<typeof siteDecision>;

/** `GET /operator/v1/sites/{siteId}/decisions`: newest first. */
export const siteDecisions = z.strictObject({
  decisions: z.array(siteDecision),
  /** `beforeMs` of the next page; absent on the last. */
  cursor: instantMs.exactOptional(),
});

/** Slots of a site on their way to the ledger. What is signed and not charged yet comes into later slots. */
export const siteAllocation = z.strictObject({
  batchId: recordId,
  fromMs: instantMs,
  untilMs: instantMs,
  /** `open`: being told. `refused`: it is formed anew at every look, as the configuration is then. */
  state: z.enum(['open', 'taken', 'refused']),
  serversWh: energyWhCodec,
  /** What cars gave. */
  givenWh: energyWhCodec,
  carryMilliWh: energyMilliWhCodec,
  refusal: z.string().exactOptional(),
});
export type SiteAllocation = z.output<typeof siteAllocation>;

/** `GET /operator/v1/sites/{siteId}/allocations`: newest first. */
export const siteAllocations = z.strictObject({
  allocations: z.array(siteAllocation),
  /** `beforeMs` of the next page; absent on the last. */
  cursor: instantMs.exactOptional(),
});

const deviceState = z.strictObject({
  /** `answers`, `silent` since it last did, or `never` did. */
  state: z.enum(['answers', 'silent', 'never']),
  errorCode: z.string().exactOptional(),
  errorDetail: z.string().exactOptional(),
  facts: deviceFacts.exactOptional(),
});

export const siteClaim = z.strictObject({
  claimId: z.string(),
  kind: claimKind,
  nodeId: z.string(),
  urgency,
  priority: z.int().exactOptional(),
  mode: chargingMode.exactOptional(),
  /** How far a charge is. */
  state: chargingState.exactOptional(),
  /** Of the mode that the policy put it in, when it is another. */
  ruledMode: z.string().exactOptional(),
  minW: powerWCodec,
  maxW: powerWCodec,
  needWh: energyWhCodec.exactOptional(),
  deadlineMs: instantMs.exactOptional(),
  fromMs: instantMs.exactOptional(),
  untilMs: instantMs.exactOptional(),
  runningW: powerWCodec,
  grantedW: powerWCodec,
  /** Most that it may be taking: more than granted while an order is not confirmed. */
  countedW: powerWCodec,
  missingW: powerWCodec,
  reasons: z.array(powerReason),
  /** What a discharge gives. */
  givesW: powerWCodec.exactOptional(),
});

export const guardState = z.strictObject({
  state: z.enum(['watching', 'tripped']),
  measuredW: powerWCodec,
  budgetW: powerWCodec,
  overSinceMs: instantMs.exactOptional(),
  trip: z
    .strictObject({
      atMs: instantMs,
      cause: z.enum(['OVER_BUDGET', 'BLIND']),
      of: z.string(),
      measuredW: signedWCodec,
      budgetW: powerWCodec,
    })
    .exactOptional(),
  unsafeLoads: z.array(z.string()),
});

const window = z.strictObject({ startMs: instantMs, endMs: instantMs });

/** What is known of the world beside what devices say. */
export const siteSignals = z.strictObject({
  gridDemandPermille: z.int().min(0).exactOptional(),
  priceMicrosPerKWh: microsCodec.exactOptional(),
  peakWindows: z.array(window).max(200).exactOptional(),
  drEvents: z
    .array(window.extend({ eventId: recordId, capW: powerWCodec }))
    .max(50)
    .exactOptional(),
  outage: z.boolean().exactOptional(),
  temperatureMilliC: z.int().exactOptional(),
});

export const nodeLimits = z.strictObject({
  hard: powerLimit.exactOptional(),
  exportUpTo: powerLimit.exactOptional(),
});

/** What operators set, as it holds. */
export const siteSettingsView = z.strictObject({
  version: z.int(),
  policyId: siteThingId,
  policyVersion: z.int(),
  limits: z.record(siteThingId, nodeLimits),
  priorities: z.record(siteThingId, z.int().min(1).max(99)),
  signals: siteSignals,
});

/** `GET /operator/v1/sites/{siteId}` */
export const siteView = z.strictObject({
  siteId: recordId,
  nowMs: instantMs,
  tickMs: z.int(),
  /** Of the last decision; absent before the first. */
  decidedAtMs: instantMs.exactOptional(),
  decidedBy: z.enum(['plan', 'rule']).exactOptional(),
  /** What sources have together, and what claims were granted and may be taking. */
  availableW: powerWCodec,
  grantedW: powerWCodec,
  countedW: powerWCodec,
  measuredW: powerWCodec,
  /** The limit of the connection by the cloud, or the local rule while it is away. */
  connection: z
    .strictObject({
      limitW: powerWCodec,
      by: z.enum(['cloud', 'local-rule']),
      lapsesAtMs: instantMs.exactOptional(),
    })
    .exactOptional(),
  sources: z.array(
    deviceState.extend({
      sourceId: z.string(),
      kind: sourceKind.exactOptional(),
      nodeId: z.string().exactOptional(),
      availableW: powerWCodec,
      measuredW: signedWCodec,
      /** What the decision has it put out, and what of it is lost on the way. */
      shareW: powerWCodec,
      lossW: powerWCodec,
      store: powerStore.exactOptional(),
      measuredAtMs: instantMs.exactOptional(),
      reasons: z.array(powerReason),
    }),
  ),
  loads: z.array(
    deviceState.extend({
      loadId: z.string(),
      nodeId: z.string(),
      measuredW: powerWCodec,
      claims: z.array(siteClaim),
    }),
  ),
  /** Requests and reservations that the controller keeps, whether or not their device has shown up. */
  kept: z.array(
    z.strictObject({
      requestId: recordId,
      loadId: siteThingId,
      claimId: siteThingId,
      nodeId: siteThingId,
      maxW: powerWCodec,
      heldW: powerWCodec,
      fromMs: instantMs.exactOptional(),
      untilMs: instantMs.exactOptional(),
    }),
  ),
  nodes: z.array(
    z.strictObject({
      nodeId: z.string(),
      kind: z.enum(['connection', 'feeder', 'outlet', 'circuit']),
      parentId: z.string().exactOptional(),
      /** What may flow through it in all; absent without a limit. */
      limitW: powerWCodec.exactOptional(),
      /** As it is built: operators can set it lower, never higher. */
      builtW: powerWCodec.exactOptional(),
    }),
  ),
  policies: z.array(siteThingId),
  actions: z.array(powerAction),
  notices: z.array(powerNotice),
  shortfall: z.array(powerShortfall),
  rules: z.array(z.string()),
  guard: guardState,
  settings: siteSettingsView,
});
export type SiteViewMessage = z.output<typeof siteView>;

/** `GET /operator/v1/sites` */
export const siteList = z.strictObject({
  sites: z.array(
    z.strictObject({
      siteId: recordId,
      guard: z.enum(['watching', 'tripped']),
      grantedW: powerWCodec,
      availableW: powerWCodec,
    }),
  ),
});

/** `PUT /operator/v1/sites/{siteId}/changes/{changeId}`: what is not named stays; null takes away what was set. */
export const siteChange = z.strictObject({
  /** The version that the operator saw. */
  fromVersion: z.int().min(0),
  policyId: siteThingId.exactOptional(),
  limits: z.record(siteThingId, nodeLimits.nullable()).exactOptional(),
  priorities: z.record(siteThingId, z.int().min(1).max(99).nullable()).exactOptional(),
  signals: siteSignals.exactOptional(),
  resetGuard: z.literal(true).exactOptional(),
  /** As the first answer gave it. */
  confirmation: z.string().max(128).exactOptional(),
});
export type SiteChangeMessage = z.output<typeof siteChange>;

/** What became of a change. */
export const siteChanged = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('applied'), version: z.int() }),
  z.strictObject({
    outcome: z.literal('confirm'),
    /** To be sent with the same change, by the same operator, before it is over. */
    confirmation: z.string(),
    validUntilMs: instantMs,
    because: z.array(z.string()),
  }),
]);

/** `PUT /operator/v1/sites/{siteId}/requests/{requestId}` */
export const siteRequest = z.strictObject({
  loadId: siteThingId,
  claim: powerClaim.omit({ claimId: true, arrivedMs: true, runningW: true }).extend({
    /** By which the device knows it; the request's id when absent. */
    claimId: siteThingId.exactOptional(),
  }),
  /** A reservation of a booking that was granted elsewhere: kept, not admitted. */
  isReservation: z.literal(true).exactOptional(),
});
export type SiteRequestMessage = z.output<typeof siteRequest>;

/** What became of a request. `state`: it is served, waits for the answer to an offer, or is over. */
export const siteRequestAnswer = z.strictObject({
  requestId: recordId,
  state: z.enum(['kept', 'offered', 'denied', 'declined', 'released', 'expired']),
  outcome: z.enum(['granted', 'partial', 'room-made', 'denied', 'reserved']),
  /** Granted, or offered. */
  watts: powerWCodec,
  /** What was left for it without taking from anybody. */
  residualW: powerWCodec,
  losers: z.array(z.strictObject({ claimId: z.string(), fromW: powerWCodec, toW: powerWCodec })),
  /** Until then an offer can be accepted. */
  answerUntilMs: instantMs.exactOptional(),
});
export type SiteRequestAnswer = z.output<typeof siteRequestAnswer>;

/** `POST /operator/v1/sites/{siteId}/requests/{requestId}/answer` */
export const siteOfferAnswer = z.strictObject({ accept: z.boolean() });

/** `GET /operator/v1/sites/{siteId}/samples`: means over a sampling span, oldest first. */
export const siteSamples = z.strictObject({
  sampleMs: z.int(),
  samples: z.array(
    z.strictObject({
      atMs: instantMs,
      of: z.string(),
      kind: z.enum(['source', 'load']),
      measuredW: signedWCodec,
      energyMilliWh: signedWCodec,
    }),
  ),
});

/** Whether the ledger has an event of a house: in which batch of it, block and transaction, or why not. */
const ledgerPlace = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('waiting') }),
  z.strictObject({ state: z.literal('told'), number: z.int() }),
  z.strictObject({ state: z.literal('refused'), number: z.int(), why: z.string() }),
  z.strictObject({
    ...{ state: z.literal('confirmed'), number: z.int() },
    ...{ blockNumber: z.string(), transactionId: z.string() },
  }),
]);

/** `GET /operator/v1/sites/{siteId}/events`: trips, resets, changes; newest first. */
export const siteEvents = z.strictObject({
  events: z.array(
    z.strictObject({
      atMs: instantMs,
      kind: z.enum(['trip', 'reset', 'change', 'start']),
      by: z.string().exactOptional(),
      detail: z.string(),
      ledger: ledgerPlace.exactOptional(),
    }),
  ),
});

/** `POST /operator/v1/sites/{siteId}/saving`: what a house's own sources saved in a span, by an OCPI tariff. */
export const siteSavingAsked = z.strictObject({
  tariffJson: z.string().max(200_000),
  timeZone: timeZoneName,
  fromMs: instantMs,
  untilMs: instantMs,
});
export const siteSaving = z.strictObject({
  currency: currencyCode,
  /** All that the house's loads took, and what of it was bought, by the site's samples. */
  takenWh: energyWhCodec,
  boughtWh: energyWhCodec,
  /** Bills with tax: as if the grid had fed all of it, and as it was. */
  withoutMicros: microsCodec,
  withMicros: microsCodec,
  savedMicros: microsCodec,
});
