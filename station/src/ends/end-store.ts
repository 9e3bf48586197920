import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  privateFolder,
  readDurable,
  removeDurably,
  renameDurably,
  writeDurably,
} from '@roamgrid/service-kit/runtime';
import { canonicalJson, sessionId, stopRequest } from '@roamgrid/wire';
import { z } from 'zod';

/** The end of a session as the meter signed it, until the gateway has taken it. */
export const sessionEnd = z.strictObject({
  sessionId,
  request: stopRequest,
  /** False when nobody knows whether the gateway ever started it: then it may be unknown there. */
  wasStarted: z.boolean(),
});
export type SessionEnd = z.infer<typeof sessionEnd>;

export interface StoredEnd {
  /** Its place in the outlet’s row. */
  readonly number: number;
  readonly end: SessionEnd;
}

/** Ends of one outlet that are not delivered. What `add` returned from survives a power cut. */
export interface EndStore {
  /** Oldest first. */
  load(): readonly StoredEnd[];
  add(end: SessionEnd): StoredEnd;
  drop(number: number): void;
}

const NAME = /^(\d{10})\.end$/;
const nameOf = (number: number): string => `${number.toString().padStart(10, '0')}.end`;

/**
 * A file for each end. A file that a power cut left half-written never got its name; one that the disk spoiled is kept
 * aside as `.damaged` for a person to read, and does not hold up the others.
 */
export function fileEndStore(folder: string): EndStore {
  privateFolder(folder);
  const numbers = (): number[] =>
    readdirSync(folder).flatMap((name) => {
      const number = NAME.exec(name)?.[1];
      return number === undefined ? [] : [Number(number)];
    });
  const read = (number: number): StoredEnd[] => {
    const path = join(folder, nameOf(number));
    const text = readDurable(path);
    const end = text === undefined ? undefined : sessionEnd.safeParse(JSON.parse(text));
    if (end?.success === true) return [{ number, end: end.data }];
    renameDurably(path, `${path}.damaged`);
    return [];
  };
  return {
    load: () => {
      for (const name of readdirSync(folder))
        if (name.endsWith('.new')) rmSync(join(folder, name), { force: true });
      return numbers()
        .sort((a, b) => a - b)
        .flatMap(read);
    },
    add: (end) => {
      const number = Math.max(0, ...numbers()) + 1;
      writeDurably(join(folder, nameOf(number)), canonicalJson(z.encode(sessionEnd, end)));
      return { number, end };
    },
    drop: (number) => removeDurably(join(folder, nameOf(number))),
  };
}

/** For outlets whose life is one process. */
export function memoryEndStore(): EndStore {
  const held = new Map<number, SessionEnd>();
  let last = 0;
  return {
    load: () => [...held].map(([number, end]) => ({ number, end })),
    add: (end) => {
      last += 1;
      held.set(last, end);
      return { number: last, end };
    },
    drop: (number) => void held.delete(number),
  };
}
