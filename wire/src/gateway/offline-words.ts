import { z } from 'zod';
import {
  currencyCode,
  energyWhCodec,
  evseId,
  instantMs,
  naturalMicrosCodec,
  powerWCodec,
  recordId,
} from '../codec/scalars.ts';
import { base64url, count } from './offline-scalars.ts';

/** What a utility says to its chargers that hear of nobody, and what they say of themselves. Spec: SECURE-10, SECURE-14. */

/** A driver, by the x of his phone's key, in hex: what is carried to a charger has a name in its place that holds there alone. */
const driver = z.string().regex(/^[0-9a-f]{64}$/, '32 bytes in hex');
/** Seconds of a day, or of a session. */
const seconds = z.int().min(1).max(31_536_000);
const price = z.strictObject({
  currency: currencyCode,
  microsPerKWh: naturalMicrosCodec,
  microsPerHour: naturalMicrosCodec,
  microsPerSession: naturalMicrosCodec,
});

/**
 * What holds at an outlet from when its charger hears of it: `PUT /operator/v1/offline/chargers/{evseId}/rules` (role operator). What is left out
 * bounds nothing.
 */
export const chargerRules = z.strictObject({
  kind: z.enum(['public-all', 'public-shared', 'private']),
  /** What a token's price must be; `free` where nobody pays, `quoted` where whatever was agreed to holds. */
  price: z.union([price, z.enum(['free', 'quoted'])]).default('quoted'),
  /** IANA name, or an offset such as `+02:00`. */
  zone: z.string().min(1).max(64),
  hours: z
    .array(
      z.strictObject({
        /** 1 for Monday, 2 for Tuesday, 4 for Wednesday … added up. */
        days: z.int().min(1).max(127),
        fromMinute: z.int().min(0).max(1_439),
        untilMinute: z.int().min(0).max(1_440),
      }),
    )
    .max(64)
    .default([]),
  /** Of one driver. */
  sessionsADay: z.int().min(1).max(96).nullable().default(null),
  longestS: seconds.nullable().default(null),
  groupIds: z.array(recordId).max(16).default([]),
  drivers: z.array(driver).max(64).default([]),
  /** Whether it is for who has reserved it alone. */
  reservations: z.boolean().default(false),
  /** From a session's begin on; the session is over with it. */
  profile: z
    .strictObject({
      durationS: seconds,
      periods: z
        .array(z.strictObject({ offsetS: z.int().min(0).max(31_536_000), limitW: powerWCodec }))
        .min(1)
        .max(64),
    })
    .nullable()
    .default(null),
  /** What the charger is asked: `boots`, `uptime`, `unbooked`, `versions`, `plug`, `faults`, `register`, `air`, `load`. */
  queries: z
    .array(z.string().regex(/^[a-z][a-z-]{0,31}$/))
    .max(32)
    .default([]),
});
export type ChargerRules = z.output<typeof chargerRules>;

/** A word that a utility signed, with the version by which chargers take it. */
export const setWord = z.strictObject({ version: count, madeAtMs: instantMs });

/** What a charger said of itself last, by whoever brought it. */
export const chargerSaid = z.strictObject({
  takenAtMs: instantMs,
  bootCounter: count,
  uptimeMs: z.int().min(0),
  /** By its own clock; none when it lost it. */
  saidAtMs: instantMs.exactOptional(),
  /** Versions of words that held there, by their kinds. */
  versions: z.record(z.string().max(32), count),
  firmware: z
    .strictObject({ model: z.string().max(48), installedVersion: count, releaseVersion: count })
    .exactOptional(),
  /** JSON by the name of the query; whole numbers as texts where they may be long, null where the charger does not know. */
  answers: z.record(z.string().max(64), z.json()),
});
export type ChargerSaid = z.output<typeof chargerSaid>;

/** `GET /operator/v1/offline/chargers?after=&limit=` (role operator): by outlet. */
export const shownCharger = z.strictObject({
  evseId,
  certifiedUntilMs: instantMs,
  /** What the utility has said to it, by kind. */
  set: z.record(z.string().max(32), setWord),
  said: chargerSaid.exactOptional(),
});
export const shownChargers = z.strictObject({ chargers: z.array(shownCharger) });

/** `POST /offline/v1/diagnoses`: what a charger said of itself, sealed; anyone may bring it. */
export const broughtDiagnosis = z.strictObject({ evseId, sealed: base64url(8_192) });
export const diagnosisAnswer = z.strictObject({
  /** `older`: what the charger said later is here. */
  state: z.enum(['taken', 'older']),
});

/** `POST /offline/v1/drivers`: a phone shows a token of its own, so that what its owner has reserved is known to be for this phone. */
export const shownToken = z.strictObject({ token: base64url(400) });

const model = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,47}$/, 'a model of charger');

/** Of a model's firmware: those who may release it. `PUT /operator/v1/offline/firmware/{model}/keys` (role operator). */
export const firmwareKeysBody = z.strictObject({ keys: base64url(4_000) });
export const firmwareKeysAnswer = z.strictObject({ version: count });

/** Longest image, bytes, and as text: four characters for three bytes. */
export const FIRMWARE_BYTES = 4_194_303;
export const FIRMWARE_TEXT = 5_592_404;

/** `PUT /operator/v1/offline/firmware/{model}/release` (role operator): a release as its maker's keys signed it, and the whole image. */
export const firmwareBody = z.strictObject({
  release: base64url(4_000),
  image: base64url(FIRMWARE_TEXT),
});
export const ofModel = z.strictObject({ model });

/** `GET /offline/v1/firmware/{model}`: the latest release. */
export const firmwareRelease = z.strictObject({
  model,
  version: count,
  release: base64url(4_000),
  /** Sets of keys, the earliest first. */
  keys: z.array(z.strictObject({ version: count, keys: base64url(4_000) })),
  sizeBytes: count,
  chunkBytes: count,
  chunks: count,
});
export type ShownFirmware = z.output<typeof firmwareRelease>;

/** `GET /offline/v1/firmware/{model}/{version}/chunks?from=&count=` */
export const FIRMWARE_CHUNKS = 16;
export const firmwareChunks = z.strictObject({
  chunks: z.array(
    z.strictObject({ index: count, bytes: base64url(6_000), path: z.array(base64url(64)).max(32) }),
  ),
});

/**
 * At which chargers of a site nobody may start, and when: `PUT /operator/v1/offline/sites/{siteId}/unavailable` (role operator). The whole takes the place of the
 * list before; an empty one makes all available again.
 */
export const unavailableChargers = z.strictObject({
  /** All of the site. */
  chargers: z.array(evseId).min(1).max(200),
  unavailable: z.array(z.strictObject({ evseId, fromMs: instantMs, untilMs: instantMs })).max(400),
});
export type UnavailableChargers = z.output<typeof unavailableChargers>;
export const ofSite = z.strictObject({ siteId: recordId });

/** Currents are whole steps of 15 A. */
const amps = z.int().min(15).max(3_825).multipleOf(15);

/**
 * How much each of a site's chargers may give in each quarter of an hour: `PUT /operator/v1/offline/sites/{siteId}/caps` (role operator). The whole takes the place of the
 * calendar before, also for sessions that run. Spec: SECURE-8.
 */
export const capCalendar = z.strictObject({
  /** All of the site. */
  chargers: z.array(evseId).min(1).max(200),
  /** Where the first begins, on a quarter of an hour. */
  fromMs: instantMs,
  /** What an ampere is at these outlets, W: volts, times phases. */
  wattsPerAmp: z.int().min(1).max(3_000),
  /** By quarter of an hour, two days at most; nothing is said of what comes after. */
  amps: z.array(amps).min(1).max(192),
});
export type CapCalendar = z.output<typeof capCalendar>;

/**
 * `PUT /operator/v1/offline/sites/{siteId}/plan` (role operator): the load of the last 24 h says when the peaks of the next 48 h are, and a share of the site's chargers is
 * withdrawn in them. Its list takes the place of the site's list of unavailable chargers. Spec: SECURE-8.
 */
export const loadPlanRequest = z.strictObject({
  chargers: z.array(evseId).min(1).max(200),
  /** Where the plan begins, on a quarter of an hour. */
  fromMs: instantMs,
  /** What the building took in each of the 96 quarters of an hour before; without it, what these chargers gave by the readings that phones brought. */
  readingsWh: z.array(energyWhCodec).length(96).exactOptional(),
  /** A quarter of an hour is a peak when it took at least this part of the highest, thousandths. */
  peakPermille: z.int().min(1).max(1_000),
  /** Chargers that are withdrawn in peaks, thousandths of all, rounded down; what came of the plan before says it when it is left out. */
  sharePermille: z.int().min(0).max(1_000).exactOptional(),
  /** Caps all of the site's chargers for the 48 h: to the highest of these currents, in peaks to the next below it. */
  caps: z
    .strictObject({
      wattsPerAmp: z.int().min(1).max(3_000),
      stepsA: z.array(amps).min(1).max(4).default([15, 30]),
    })
    .exactOptional(),
});
export type LoadPlanRequest = z.output<typeof loadPlanRequest>;

/** What came of a plan: of its quarters of an hour that are over and known wholly. */
export const planScore = z.strictObject({
  /** Where the plan began. */
  fromMs: instantMs,
  quarters: count,
  /** 1000 when every quarter came as planned; less by what all were off, of what was planned. */
  scorePermille: z.int().min(0).max(1_000),
  peakPlannedWh: energyWhCodec,
  peakMeteredWh: energyWhCodec,
  /** 50 more when peaks took over a tenth more than planned, 50 less when they took that much less; 0 to 500. */
  nextSharePermille: z.int().min(0).max(1_000),
});
export type PlanScore = z.output<typeof planScore>;

export const loadPlan = z.strictObject({
  version: count,
  source: z.enum(['operator', 'chargers']),
  /** Of each charger's 96 quarters of an hour, those of which no reading came: they count as nothing. */
  missingQuarters: z.int().min(0),
  sharePermille: z.int().min(0).max(1_000),
  /** Of the calendar of caps, where one was asked for. */
  capsVersion: count.exactOptional(),
  /** How the plan before came, by the readings that this one is made from. */
  followed: planScore.exactOptional(),
  peaks: z.array(z.strictObject({ fromMs: instantMs, untilMs: instantMs })),
  /** What each gave by the records that are booked, the last 200 of each. */
  chargers: z.array(z.strictObject({ evseId, usedWh: energyWhCodec, isWithdrawn: z.boolean() })),
});
export type LoadPlan = z.output<typeof loadPlan>;

/** `GET /operator/v1/offline/sites/{siteId}/plan` (role operator): the last plan, and what came of it so far where its chargers' own readings say. */
export const sitePlan = z.strictObject({
  fromMs: instantMs,
  plan: loadPlan,
  score: planScore.exactOptional(),
});
export type SitePlan = z.output<typeof sitePlan>;
