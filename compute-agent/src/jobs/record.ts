import { instantMs, jobOrder, recordId } from '@roamgrid/wire';
import { z } from 'zod';

/** What the agent keeps of a job, so that after a power cut or a kill it knows what ran and whose the job is. */
export const jobRecord = z.strictObject({
  order: jobOrder,
  arrivedMs: instantMs,
  /** Whose it is and what is under way; whether it has power now is not kept. */
  standing: z.enum(['here', 'arriving', 'leaving', 'handed', 'gone', 'done', 'failed', 'cancelled']),
  hop: z.int(),
  movedTo: recordId.exactOptional(),
  movedFrom: recordId.exactOptional(),
  runs: z.int(),
  began: z.enum(['anew', 'from-checkpoint']).exactOptional(),
  /** Written before its process is begun, so that none can be begun and forgotten; the process tells its token in its environment. */
  run: z
    .strictObject({
      token: z.string(),
      begunMs: instantMs,
      /** Leader of its process group, once it was begun. */
      pid: z.int().exactOptional(),
      /** When the leader began, in ticks since the machine did: an id that is used again is another process. */
      startTicks: z.int().exactOptional(),
    })
    .exactOptional(),
  /** Of runs that ended. */
  cpuMs: z.int(),
  exitCode: z.int().nullable().exactOptional(),
  result: z.string().exactOptional(),
  why: z.string().exactOptional(),
  endedMs: instantMs.exactOptional(),
});
export type JobRecord = z.output<typeof jobRecord>;
export type Standing = JobRecord['standing'];

/** It is this cabinet's to run. */
export const isOurs = ({ standing }: JobRecord): boolean => standing === 'here' || standing === 'leaving';

const OVER: ReadonlySet<Standing> = new Set(['done', 'failed', 'cancelled', 'gone']);
export const isOver = ({ standing }: JobRecord): boolean => OVER.has(standing);
