import { duration, listenConfig, logLevel, privateJwk } from '@roamgrid/service-kit/runtime';
import { powerWCodec, recordId } from '@roamgrid/wire';
import { z } from 'zod';

const MIB_MOST = 1_048_576;

/** The pattern of an argument: what a job gives has to match it as a whole. @throws SyntaxError */
export const argumentPattern = (source: string): RegExp => new RegExp(`^(?:${source})$`);

const patternSource = z
  .string()
  .max(200)
  .refine((source) => {
    try {
      argumentPattern(source);
      return true;
    } catch {
      return false;
    }
  }, 'a regular expression');

/**
 * A program that jobs may be of. Nothing else is ever run, and none of it by a shell: the command is an absolute path, and what a job
 * gives as arguments has to match, each as a whole, the pattern of its place.
 */
export const programConfig = z.strictObject({
  name: recordId,
  command: z.string().startsWith('/').max(4_096),
  /** Before the job's own arguments. */
  fixedArguments: z.array(z.string().max(4_096)).max(32).default([]),
  /** A regular expression for each argument that a job may give, in their order. */
  argumentPatterns: z.array(patternSource).max(32).default([]),
  /** Beside `PATH`, `LANG` and `HOME`, which is the job's folder. */
  environment: z.record(z.string().regex(/^[A-Z][A-Z0-9_]{0,63}$/), z.string().max(4_096)).default({}),
  /** `result-file`: it is done when `result` is in its folder; `exit`: when it ends with status 0. */
  completion: z.enum(['result-file', 'exit']).default('exit'),
  /** Programs that, told by the signal, rename what they need to go on into place as `checkpoint`, and begin there when it is there. */
  checkpoint: z
    .strictObject({
      signal: z.enum(['SIGUSR1', 'SIGUSR2']).default('SIGUSR1'),
      waitMs: duration(10_000),
    })
    .exactOptional(),
  /** Goes on when none but critical operations may. */
  isCritical: z.boolean().default(false),
  /** Most that a job of it takes at full speed, W; more, once more has been seen. */
  runningW: powerWCodec,
  /** What a processor core takes that works for it all the time, W. */
  coreW: powerWCodec,
  limits: z
    .strictObject({
      /** Address space, MiB; none when absent, as programs with a garbage collector reserve more than they use. */
      memoryMiB: z.int().min(16).max(MIB_MOST).exactOptional(),
      /** Largest file that it may write, MiB; its output is files, too. */
      fileMiB: z.int().min(1).max(MIB_MOST).default(64),
      openFiles: z.int().min(16).max(65_536).default(256),
      /** Longest that a run may last, held time included, ms. */
      runMs: z
        .int()
        .min(100)
        .max(30 * 86_400_000)
        .default(86_400_000),
    })
    .prefault({}),
});
export type ProgramConfig = z.output<typeof programConfig>;

export const agentConfig = z.strictObject({
  cabinetId: recordId,
  stateDir: z.string(),
  listen: listenConfig,
  logLevel,
  /** PEM texts: own key and certificate, and the authority of all who are spoken to. */
  identity: z.strictObject({ key: z.string(), cert: z.string(), authority: z.string() }),
  peers: z.strictObject({
    controllers: z.array(recordId).max(8).default([]),
    cabinets: z
      .array(z.strictObject({ cabinetId: recordId, url: z.url({ protocol: /^https$/ }) }))
      .max(256)
      .default([]),
    blades: z.array(recordId).max(64).default([]),
    sensors: z.array(recordId).max(8).default([]),
  }),
  programs: z.array(programConfig).max(64),
  power: z.strictObject({
    /** What the cabinet takes while no job runs, W. */
    standbyW: powerWCodec,
    /** A counter of the processors' energy by Linux's `powercap`, and what the rest of the cabinet takes beside it. */
    rapl: z
      .strictObject({ folder: z.string().default('/sys/class/powercap/intel-rapl:0'), restW: powerWCodec })
      .exactOptional(),
    /** A cgroup v2 folder that the agent may write: jobs are throttled by its quota instead of by stop and continue. */
    cgroup: z.string().exactOptional(),
  }),
  meter: z.strictObject({
    meterId: z.string().min(1).max(64),
    /** Under which the cabinet's meter is registered, as an outlet's is. */
    evseId: z.string().max(48),
    key: privateJwk,
    intervalMs: z.int().min(1_000).max(86_400_000).default(900_000),
  }),
  cabinet: z
    .strictObject({
      /** A valid badge so long before or after the door opens makes the opening a wanted one. */
      badgeMs: duration(30_000),
      vibrationMilliG: z.int().min(1).default(500),
      /** Without vibration for so long it is over. */
      calmMs: duration(60_000),
      hotMilliCelsius: z.int().default(55_000),
      coldMilliCelsius: z.int().default(-40_000),
    })
    .prefault({}),
  /** How often power is measured and shared anew; the period of stop and continue, too. */
  tickMs: duration(500),
  /** How often what a move left open is asked or told again. */
  retryMs: duration(5_000),
  /** Most jobs that are here at a time. */
  maxJobs: z.int().min(1).max(1_000).default(64),
});
export type AgentConfig = z.output<typeof agentConfig>;
