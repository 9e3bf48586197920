import { z } from 'zod';
/** What an outlet must remember across a power cut: the running session and the meter's register. */
export declare const outletJournal: z.ZodObject<{
    meter: z.ZodObject<{
        registerWms: z.ZodString;
        page: z.ZodInt;
    }, z.core.$strict>;
    session: z.ZodExactOptional<z.ZodObject<{
        sessionId: z.ZodString;
        reportSequence: z.ZodInt;
        unreported: z.ZodArray<z.ZodObject<{
            atMs: z.ZodInt;
            registerWh: z.ZodCodec<z.ZodString, z.ZodBigInt>;
            charging: z.ZodBoolean;
        }, z.core.$strict>>;
        ending: z.ZodExactOptional<z.ZodObject<{
            endReason: z.ZodEnum<{
                driver: "driver";
                fault: "fault";
                full: "full";
                limit: "limit";
            }>;
            signedEnd: z.ZodString;
        }, z.core.$strict>>;
    }, z.core.$strict>>;
}, z.core.$strict>;
export type OutletJournal = z.infer<typeof outletJournal>;
/** Where the journal lives. `save` returns when the content survives a power cut. */
export interface JournalStore {
    load(): OutletJournal | undefined;
    save(journal: OutletJournal): void;
}
/** A journal in one file, replaced atomically: write aside, sync, rename. */
export declare function fileJournal(path: string): JournalStore;
/** For outlets whose life is one process, such as a replay's. */
export declare function memoryJournal(): JournalStore;
