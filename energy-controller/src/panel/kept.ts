import {
  panelTrip,
  instantMs,
  panelBreaker,
  peakSchedule,
  peakSignal,
  recordId,
  siteThingId,
  unitId,
} from '@roamgrid/wire';
import { STEADY_START } from '@roamgrid/domain/power';
import { z } from 'zod';
import type { Db } from '../store/tables.ts';

const steadyMemory = z.strictObject({
  isDemandHigh: z.boolean(),
  demandSinceMs: instantMs,
  leadingSourceId: siteThingId.exactOptional(),
  leadingSinceMs: instantMs,
  atFloor: z.array(siteThingId).readonly(),
  atEssentialFloor: z.array(siteThingId).readonly(),
});

/** All that a panel has to know after a power cut. */
const keptPanel = z.strictObject({
  table: z.array(panelBreaker).readonly().prefault([]),
  unitsOff: z.array(unitId).readonly().default([]),
  steady: steadyMemory.readonly().default(STEADY_START),
  /** Breakers that a decision opened, and when: they rest. */
  openedAtMs: z.record(siteThingId, instantMs).readonly().default({}),
  /** What its people set of breakers, 1 before 2. */
  priorities: z.record(siteThingId, z.int()).readonly().default({}),
  schedule: peakSchedule.readonly().exactOptional(),
  peakSignals: z.record(recordId, peakSignal).readonly().default({}),
  /** By the car's source. */
  trips: z.record(siteThingId, panelTrip).readonly().prefault({}),
  /** Where the transfer switch is to be, since when, and whether there was a peak. */
  side: z
    .strictObject({ wants: z.enum(['grid', 'battery']), sinceMs: instantMs, wasPeak: z.boolean() })
    .readonly()
    .default({ wants: 'grid', sinceMs: 0, wasPeak: false }),
});
export type KeptPanel = z.output<typeof keptPanel>;

/** One row a house, written before anything is done by it. */
export class PanelStore {
  readonly #db: Db;
  readonly #siteId: string;

  constructor(db: Db, siteId: string) {
    this.#db = db;
    this.#siteId = siteId;
  }

  async load(): Promise<KeptPanel> {
    const row = await this.#db
      .selectFrom('panel')
      .select('body')
      .where('site_id', '=', this.#siteId)
      .executeTakeFirst();
    return keptPanel.parse(row?.body ?? {});
  }

  async keep(kept: KeptPanel): Promise<void> {
    const body = JSON.stringify(keptPanel.encode(kept));
    await this.#db
      .insertInto('panel')
      .values({ site_id: this.#siteId, body })
      .onConflict((conflict) => conflict.column('site_id').doUpdateSet({ body }))
      .execute();
  }
}
