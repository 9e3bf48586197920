import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { privateFolder, readDurable, writeDurably } from '@roamgrid/service-kit/runtime';
import { canonicalJson, energyMilliWhCodec, energyWhCodec, meterReading } from '@roamgrid/wire';
import { END_REASONS } from '@roamgrid/offline';
import { z } from 'zod';

/** A session by the door that needs no network, from before anything flows until its record is kept elsewhere. */
const offlineSession = z.strictObject({
  /** Of the charger, one after the other. */
  number: z.int(),
  tariffText: z.string(),
  /** The register as it found it. */
  begin: z.strictObject({ atMs: z.int(), registerMilliWh: energyMilliWhCodec }),
  /** The last instant at which it is known to have lived. */
  lastAtMs: z.int(),
  /** What the meter and the sensors said when it ended. */
  ended: z
    .strictObject({
      reason: z.enum(END_REASONS),
      lastedMs: z.int(),
      energyWh: energyWhCodec,
      registerMilliWh: energyMilliWhCodec,
      signed: z.string(),
      isPlugged: z.boolean(),
      faults: z.array(z.string()),
      temperatureDeciC: z.int(),
      humidityPermille: z.int(),
    })
    .exactOptional(),
});

/** What an outlet must remember across a power cut: the running session and the meter's register. */
export const outletJournal = z.strictObject({
  meter: z.strictObject({
    registerWms: z.string(),
    page: z.int(),
    /** End of the last session: time at an outlet is billed once, whatever the clock says next. */
    endedAtMs: z.int(),
  }),
  session: z
    .strictObject({
      sessionId: z.string(),
      /** What the meter signs with the session's end. */
      tariffText: z.string(),
      reportSequence: z.int(),
      /** False until the gateway is known to have started it. */
      wasStarted: z.boolean(),
      startMs: z.int(),
      /** The last instant at which the session is known to have lived. */
      lastAtMs: z.int(),
      /** Readings that no accepted report carried. */
      unreported: z.array(meterReading),
      socPpm: z.int().exactOptional(),
    })
    .exactOptional(),
  offline: offlineSession.exactOptional(),
});
export type OutletJournal = z.infer<typeof outletJournal>;
export type JournalSession = NonNullable<OutletJournal['session']>;
export type JournalOffline = z.infer<typeof offlineSession>;

/** Where the journal lives. `save` returns when the content survives a power cut. */
export interface JournalStore {
  load(): OutletJournal | undefined;
  save(journal: OutletJournal): void;
}

/** A journal in one file, replaced whole. @throws when the disk spoiled it: a register must not start at 0 again */
export function fileJournal(path: string): JournalStore {
  return {
    load: () => {
      if (!existsSync(path)) return undefined;
      const text = readDurable(path);
      if (text === undefined)
        throw new Error(
          `JOURNAL_DAMAGED: ${path} (${readFileSync(path).length} bytes) does not match its checksum: read the meter and write its register there`,
        );
      return outletJournal.parse(JSON.parse(text));
    },
    save: (journal) => {
      privateFolder(dirname(path));
      writeDurably(path, canonicalJson(z.encode(outletJournal, journal)));
    },
  };
}

/** For outlets whose life is one process, such as a replay's. */
export function memoryJournal(): JournalStore {
  let held: OutletJournal | undefined;
  return { load: () => held, save: (journal) => void (held = journal) };
}
