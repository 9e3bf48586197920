import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { privateFolder, readDurable, renameDurably, writeDurably } from '@roamgrid/service-kit/runtime';
import {
  canonicalJson,
  deviceLogEntry,
  deviceNotice,
  type DeviceLogEntry,
  type DeviceNotice,
} from '@roamgrid/wire';
import { z } from 'zod';
import type { Instance } from './machine/step.ts';

/** Log entries that are kept. */
export const LOG_ENTRIES = 100;
/** Notices that wait for the control centre; beyond them the oldest go, so that no stranger at a device can fill the disk. */
export const MOST_UNTOLD = 1_000;

/** All that a device must remember: one step is one write, so that a step, its log and what it tells are there together or not at all. */
export interface Kept<State extends string, Memory> {
  /** Drawn when the journal began: keys of another life's notices are never met again. */
  readonly life: string;
  readonly instance: Instance<State, Memory>;
  readonly log: readonly DeviceLogEntry[];
  /** What the control centre has not taken yet, oldest first, the last `MOST_UNTOLD` of it. */
  readonly outbox: readonly DeviceNotice[];
}

/** `save` returns when the content survives a power cut. */
export interface Journal<State extends string, Memory> {
  load(): Kept<State, Memory> | undefined;
  save(kept: Kept<State, Memory>): void;
}

export const newLife = (): string => randomBytes(8).toString('hex');

/**
 * A journal in one file, replaced whole. One that the disk spoiled is kept aside as `.damaged` for a person to read: the device
 * starts anew from its safe state, and what was not told yet is in that file.
 */
export const fileJournal = <State extends string, Memory>(
  path: string,
  states: readonly State[],
  memory: z.ZodType<Memory>,
): Journal<State, Memory> => {
  const schema = z.strictObject({
    life: z.string().regex(/^[0-9a-f]{16}$/),
    instance: z.strictObject({
      state: z.enum(states),
      memory,
      sinceMs: z.int(),
      atMs: z.int(),
      dueAtMs: z.int().nullable(),
      steps: z.int(),
    }),
    log: z.array(deviceLogEntry),
    outbox: z.array(deviceNotice),
  });
  const parse = (text: string | undefined): Kept<State, Memory> | undefined => {
    if (text === undefined) return undefined;
    const kept = schema.safeParse(JSON.parse(text));
    return kept.success ? kept.data : undefined;
  };
  return {
    load: () => {
      if (!existsSync(path)) return undefined;
      const kept = parse(readDurable(path));
      if (kept === undefined) renameDurably(path, `${path}.damaged`);
      return kept;
    },
    save: (kept) => {
      privateFolder(dirname(path));
      writeDurably(path, canonicalJson(kept as never));
    },
  };
};
