import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { canonicalJson, meterReading } from '@roamgrid/wire';
import { z } from 'zod';

/** What an outlet must remember across a power cut: the running session and the meter's register. */
export const outletJournal = z.strictObject({
  meter: z.strictObject({ registerWms: z.string(), page: z.int() }),
  session: z
    .strictObject({
      sessionId: z.string(),
      /** What the meter signs with the session's end. */
      tariffText: z.string(),
      reportSequence: z.int(),
      /** Readings that no accepted report carried. */
      unreported: z.array(meterReading),
      /** Set once the session's end is metered: then only its delivery is missing. */
      ending: z
        .strictObject({ endReason: z.enum(['full', 'driver', 'limit', 'fault']), signedEnd: z.string() })
        .exactOptional(),
    })
    .exactOptional(),
});
export type OutletJournal = z.infer<typeof outletJournal>;

/** Where the journal lives. `save` returns when the content survives a power cut. */
export interface JournalStore {
  load(): OutletJournal | undefined;
  save(journal: OutletJournal): void;
}

/** A journal in one file, replaced atomically: write aside, sync, rename. */
export function fileJournal(path: string): JournalStore {
  return {
    load: () => (existsSync(path) ? outletJournal.parse(JSON.parse(readFileSync(path, 'utf8'))) : undefined),
    save: (journal) => {
      mkdirSync(dirname(path), { recursive: true });
      const aside = `${path}.new`;
      rmSync(aside, { force: true });
      const file = openSync(aside, 'w', 0o600);
      writeSync(file, canonicalJson(z.encode(outletJournal, journal)));
      fsyncSync(file);
      closeSync(file);
      renameSync(aside, path);
    },
  };
}

/** For outlets whose life is one process, such as a replay's. */
export function memoryJournal(): JournalStore {
  let held: OutletJournal | undefined;
  return { load: () => held, save: (journal) => void (held = journal) };
}
