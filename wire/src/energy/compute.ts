import { z } from 'zod';
import { meterJwk } from '../codec/meter-jwk.ts';
import { energyMilliWhCodec, instantMs, powerWCodec, recordId, sha256Hex } from '../codec/scalars.ts';

/**
 * What the servers in a charging station's cabinet and those around them tell each other: jobs, power, moves of a job to another
 * station, blades, the cabinet's sensor, and the energy that the servers took. Everybody knows everybody by certificate.
 */

/** How a job ranks when there is not power for all: the first is kept longest. */
export const JOB_KINDS = ['urgent', 'time-sensitive', 'ordinary', 'peripheral'] as const;
export const jobKind = z.enum(JOB_KINDS);
export type JobKind = z.infer<typeof jobKind>;

/** The parts of a cabinet's power by how much they matter; each is a claim of its own at the site. */
export const COMPUTE_PARTS = ['urgent', 'high', 'ordinary'] as const;
export const computePart = z.enum(COMPUTE_PARTS);
export type ComputePart = z.infer<typeof computePart>;

export const jobOrder = z.strictObject({
  jobId: recordId,
  /** Name of a program that the cabinet's operator allows. */
  program: recordId,
  arguments: z.array(z.string().max(256)).max(32).default([]),
  kind: jobKind,
  deadlineMs: instantMs.exactOptional(),
  /** Within its kind, 1 before 2. */
  priority: z.int().min(1).max(9).default(5),
});
export type JobOrder = z.infer<typeof jobOrder>;

/**
 * Where a job stands. `waiting` has not been started, `running` runs whole, `throttled` a part of the time, `held` is stopped for want of
 * power; `arriving` waits for the word of the cabinet that it comes from, `leaving` runs until another one has it, `handed` was stopped here
 * and the other is being told, `gone` is another's.
 */
export const jobState = z.enum([
  'waiting',
  'running',
  'throttled',
  'held',
  'arriving',
  'leaving',
  'handed',
  'gone',
  'done',
  'failed',
  'cancelled',
]);
export type JobState = z.infer<typeof jobState>;

export const jobStatus = z.strictObject({
  ...jobOrder.shape,
  state: jobState,
  arrivedMs: instantMs,
  /** How often a process of it was begun here. */
  runs: z.int(),
  /** How its last begin here began: anew, or where its checkpoint was. */
  began: z.enum(['anew', 'from-checkpoint']).exactOptional(),
  canCheckpoint: z.boolean(),
  /** What its program takes at full speed, W; none when the cabinet runs no such program any more. */
  runningW: powerWCodec.exactOptional(),
  /** Longest that a run of it may last, held time included, ms; after that it is ended and has failed. */
  longestRunMs: z.int().exactOptional(),
  /** When its present run began. */
  begunMs: instantMs.exactOptional(),
  /** Number of its last move, also of one that came to nothing. */
  hop: z.int(),
  /** The cabinet that it went to or came from. */
  movedTo: recordId.exactOptional(),
  movedFrom: recordId.exactOptional(),
  /** Processor time of its processes here, ms. */
  cpuMs: z.int(),
  exitCode: z.int().nullable().exactOptional(),
  /** What it left in its result file, at most 4,096 characters. */
  result: z.string().exactOptional(),
  why: z.string().exactOptional(),
});
export type JobStatus = z.infer<typeof jobStatus>;

export const jobList = z.strictObject({ jobs: z.array(jobStatus) });

export const moveOrder = z.strictObject({
  to: recordId,
  /** Whether a job that leaves no checkpoint, or none in time, may begin anew over there. */
  mayRestart: z.boolean().default(false),
});
export const moveAnswer = z.strictObject({
  jobId: recordId,
  to: recordId,
  goesOn: z.enum(['from-checkpoint', 'anew']),
  hop: z.int(),
});
export type MoveAnswer = z.infer<typeof moveAnswer>;

/** Largest checkpoint that is moved, bytes. */
export const CHECKPOINT_BYTES = 4 * 1024 * 1024;
/** Characters of so many bytes in base64. */
const CHECKPOINT_BASE64 = 5_592_408;

/** A job on its way, from the cabinet that has it. It does not run over there before it is released. */
export const jobTransfer = z.strictObject({
  order: jobOrder,
  arrivedMs: instantMs,
  from: recordId,
  hop: z.int().min(1),
  checkpoint: z
    .strictObject({
      sha256: sha256Hex,
      base64: z.base64().max(CHECKPOINT_BASE64),
    })
    .exactOptional(),
});
export type JobTransfer = z.infer<typeof jobTransfer>;

/** What became of a move: not settled, the job stayed with the one that is asked, or it is the other's. */
export const transferFate = z.strictObject({ fate: z.enum(['pending', 'kept', 'handed']) });

/** What one part of the cabinet wants. */
export const computeClaim = z.strictObject({
  part: computePart,
  minW: powerWCodec,
  maxW: powerWCodec,
  runningW: powerWCodec,
  standbyW: powerWCodec,
  criticalW: powerWCodec,
  arrivedMs: instantMs,
  deadlineMs: instantMs.exactOptional(),
  priority: z.int(),
  preemptible: z.boolean(),
});
export type ComputeClaim = z.infer<typeof computeClaim>;

/**
 * What a cabinet does with its power. `running`: every job whole; `throttled`: some in part or not at all; `critical-only`: none but critical
 * ones; `suspended`: jobs are there and the grant leaves room for none; `standby`: no grant stands, or nothing is to be done.
 */
export const cabinetState = z.enum(['running', 'throttled', 'critical-only', 'standby', 'suspended']);
export type CabinetState = z.infer<typeof cabinetState>;

export const cabinetReading = z.strictObject({
  cabinetId: recordId,
  measuredAtMs: instantMs,
  measuredW: powerWCodec,
  /** What it may take now; its standby power when no grant stands. */
  grantedW: powerWCodec,
  state: cabinetState,
  claims: z.array(computeClaim),
  facts: z.record(z.string(), z.string()),
});
export type CabinetReading = z.infer<typeof cabinetReading>;

/** Longest time that a grant may stand without being told anew, ms. */
export const LONGEST_GRANT_MS = 3_600_000;

/** Parts that are not named keep what they have. Times are lengths: two clocks need not agree. */
export const computeGrant = z.strictObject({
  parts: z
    .array(
      z.strictObject({
        part: computePart,
        grantedW: powerWCodec,
        lastsMs: z.int().min(0).max(LONGEST_GRANT_MS),
      }),
    )
    .min(1)
    .max(3),
  /** `critical`: none but critical jobs run, whatever there is power for. */
  allow: z.enum(['all', 'critical']).default('all'),
});
export type ComputeGrant = z.infer<typeof computeGrant>;

export const bladeReport = z.strictObject({
  milliCelsius: z.int().min(-273_150).max(500_000),
  isFaulty: z.boolean(),
});
export type BladeReport = z.infer<typeof bladeReport>;

/** What the cabinet's sensor says. */
export const sensorReport = z.strictObject({
  door: z.enum(['open', 'shut']).exactOptional(),
  /** Acceleration, thousandths of g, the most since the last report. */
  vibrationMilliG: z.int().min(0).max(100_000).exactOptional(),
  milliCelsius: z.int().min(-273_150).max(500_000).exactOptional(),
});
export type SensorReport = z.infer<typeof sensorReport>;

/** A valid badge was shown: the door may be opened. Who it was stays at the gate that judged it. */
export const badgeReport = z.strictObject({ badgeEventId: recordId });

export const anomalyCode = z.enum(['DOOR_WITHOUT_BADGE', 'VIBRATION', 'TOO_HOT', 'TOO_COLD']);
export type AnomalyCode = z.infer<typeof anomalyCode>;

/** One for each anomaly, however long it lasts. */
export const cabinetEvent = z.strictObject({
  sequence: z.int().min(1),
  eventId: recordId,
  cabinetId: recordId,
  code: anomalyCode,
  sinceMs: instantMs,
});
export type CabinetEvent = z.infer<typeof cabinetEvent>;
export const cabinetEvents = z.strictObject({ events: z.array(cabinetEvent) });
export const eventsAcknowledged = z.strictObject({ through: z.int().min(0) });

/** Energy of the servers in one interval, as the cabinet's meter signed it. */
export const signedInterval = z.strictObject({
  fromMs: instantMs,
  toMs: instantMs,
  fromRegisterMilliWh: energyMilliWhCodec,
  toRegisterMilliWh: energyMilliWhCodec,
  /** Begin and end reading of the register. Spec: OCMF 1.4. */
  ocmf: z.string().max(4_096),
});
export type SignedInterval = z.infer<typeof signedInterval>;

/** `GET <source>/energy?from=&to=` of a plain HTTP device: what a car's meter signed in intervals that ended after `from` and until `to`. */
export const signedEnergy = z.strictObject({ intervals: z.array(signedInterval).max(1_000) });
export type SignedEnergy = z.infer<typeof signedEnergy>;

export const computeEnergy = z.strictObject({
  cabinetId: recordId,
  meterId: z.string(),
  publicKey: meterJwk,
  /** How watts are known. */
  basis: z.enum(['cpu-time-model', 'rapl']),
  intervals: z.array(signedInterval),
});
export type ComputeEnergy = z.infer<typeof computeEnergy>;
