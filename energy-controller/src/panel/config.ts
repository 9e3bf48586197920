import { duration } from '@roamgrid/service-kit/runtime';
import { energyWhCodec, siteThingId } from '@roamgrid/wire';
import { z } from 'zod';
import { switchConfig } from './switch-line.ts';

/** Above this demand of the grid, of what it is built for, a house is fed by its batteries. */
export const PANEL_THRESHOLD_PERMILLE = 800;

/** When what runs where nobody is is switched off. Spec: PANEL-6. */
const occupancy = z.strictObject({
  emptyForMs: duration(600_000),
  /** What would be saved is reckoned over so long. */
  overMs: duration(7_200_000),
  savingWh: energyWhCodec.prefault('200'),
  /** Whatever it saves. Spec: document 000, paragraph 60. */
  always: z.boolean().default(false),
});

/** The panel of a house, where the site is one. */
export const panelConfig = z.strictObject({
  /** Its load of kind `panel`. */
  loadId: siteThingId,
  /** Phones of its people, by the names under which they are trusted. */
  phones: z.array(z.string().min(1).max(64)).max(20).default([]),
  thresholdPermille: z.int().min(1).max(2_000).default(PANEL_THRESHOLD_PERMILLE),
  /** Demand has to be so much below the threshold before batteries are let go. */
  backPermille: z.int().min(0).max(500).default(50),
  /** What feeds, and a breaker that was opened, stays so for this long unless it cannot. */
  dwellMs: duration(300_000),
  /** Another battery has to be fuller by this much of what it can hold, parts per thousand. */
  chargePermille: z.int().min(0).max(500).default(20),
  occupancy: occupancy.exactOptional(),
  /** Its transfer switch, where it has one. */
  transfer: switchConfig.exactOptional(),
});
export type PanelConfig = z.output<typeof panelConfig>;
