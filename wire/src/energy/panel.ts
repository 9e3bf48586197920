import { z } from 'zod';
import { instantMs, powerWCodec, recordId } from '../codec/scalars.ts';
import { siteThingId } from './power-model.ts';

/** How a house's panel tells of its breakers and is told to switch them, and what its people see of it. Spec: PANEL-3, PANEL-6, PANEL-13. */

const name = z.string().regex(/^[\w. -]{1,40}$/, 'a name of 1–40 letters, digits, spaces and _ . -');
const position = z.enum(['open', 'closed']);

/** A line of the breaker table: what hangs on a breaker, and where. Spec: document 000, paragraphs 53 to 56. */
export const panelBreaker = z.strictObject({
  breakerId: siteThingId,
  /** A double-pole one switches both legs, as for a compressor. */
  poles: z.union([z.literal(1), z.literal(2)]),
  circuits: z.array(name).min(1).max(20),
  device: name,
  type: name,
  room: name,
  floor: name,
  /** Of one's own, as `summer`. */
  group: name.exactOptional(),
  /** 1 before 2; 1 is also fed of what batteries keep below their floors. */
  priority: z.int().min(1).max(99),
  /** Most that it carries, W. */
  ratedW: powerWCodec,
});
export type PanelBreaker = z.output<typeof panelBreaker>;

/** `GET {panel}` */
export const panelReport = z.strictObject({
  measuredAtMs: instantMs,
  /** By the meter before all breakers, W. */
  mainW: powerWCodec,
  breakers: z
    .array(
      panelBreaker.extend({
        position,
        measuredW: powerWCodec,
        /** When the breaker itself was last heard. */
        heardAtMs: instantMs,
      }),
    )
    .max(200),
  /** Rooms with a sensor; since when nobody was there, absent while somebody is. */
  rooms: z.array(z.strictObject({ room: name, emptySinceMs: instantMs.exactOptional() })).max(100),
  temperatureMilliC: z.int().min(-90_000).max(125_000).exactOptional(),
});
export type PanelReport = z.output<typeof panelReport>;

/** `PUT {panel}/orders`: a breaker that hears nothing for longer is closed again by the panel itself. */
export const panelOrders = z.strictObject({
  orders: z.array(z.strictObject({ breakerId: siteThingId, position, lapsesAtMs: instantMs })).max(200),
});
export type PanelOrders = z.output<typeof panelOrders>;

/** Its answer, when contacts have moved: those that did not do it. */
export const panelOrdered = z.strictObject({ notDone: z.array(siteThingId) });

/** Why a breaker, or the panel, is not simply believed. */
export const breakerCode = z.enum([
  'NO_ANSWER',
  'REFUSED',
  'OPEN_WITH_POWER',
  'CLOSED_WITHOUT_POWER',
  'MAIN_ABOVE_BREAKERS',
  'MAIN_BELOW_BREAKERS',
]);
export type BreakerCode = z.output<typeof breakerCode>;

/** Breakers that are switched together: `floor:upstairs`, `room:kitchen`, `type:lights`, `group:summer`. */
export const unitId = z
  .string()
  .regex(/^(room|floor|type|group):[\w. -]{1,40}$/, 'a unit such as floor:upstairs');

const unit = z.strictObject({
  unitId,
  breakerIds: z.array(siteThingId),
  /** Whether its people want it on. */
  wanted: z.enum(['on', 'off']),
  /** `partly`: some of its breakers are closed, or nobody knows of one. */
  state: z.enum(['on', 'off', 'partly']),
  /** Those that did not do what is wanted, and why. */
  exceptions: z.array(z.strictObject({ breakerId: siteThingId, code: breakerCode })),
});

const minute = z.int().min(0).max(1_440);

/** When the utility's peak rate holds, by the local clock; a window that ends before it begins goes over midnight. Spec: document 000, paragraph 66. */
export const peakSchedule = z.strictObject({
  /** IANA name, as `America/New_York`. */
  zone: z.string().min(1).max(64),
  windows: z
    .array(
      z.strictObject({
        /** Days on which it begins, Monday is 1. */
        days: z.array(z.int().min(1).max(7)).min(1).max(7),
        fromMinute: minute,
        toMinute: minute,
      }),
    )
    .max(50),
});
export type PeakSchedule = z.output<typeof peakSchedule>;

/** The rate is a peak one in this time. Spec: document 000, paragraph 65. */
export const peakSignal = z
  .strictObject({ startMs: instantMs, endMs: instantMs })
  .refine(({ startMs, endMs }) => startMs < endMs, { message: 'it ends before it begins' });

/** What somebody means to drive: so much stays in the car until it leaves. Spec: PANEL-9. */
export const panelTrip = z.strictObject({
  km: powerWCodec,
  whPerKm: powerWCodec,
  isRain: z.boolean(),
  isDenseTraffic: z.boolean(),
  leavesAtMs: instantMs,
});

/** `PUT /phone/v1/sites/{siteId}/panel/priorities`: of breakers, 1 before 2; null as the panel has it. */
export const panelPriorities = z.strictObject({
  priorities: z.record(siteThingId, z.int().min(1).max(99).nullable()),
});

/** `GET /phone/v1/sites/{siteId}/panel` */
export const panelView = z.strictObject({
  siteId: recordId,
  nowMs: instantMs,
  /** As the panel was last heard; absent before it ever was. */
  heardAtMs: instantMs.exactOptional(),
  mainW: powerWCodec,
  breakers: z.array(
    panelBreaker.extend({
      position: z.enum(['open', 'closed', 'unknown']),
      measuredW: powerWCodec,
      /** What is counted for it, W: never less than it may take. */
      countedW: powerWCodec,
      code: breakerCode.exactOptional(),
    }),
  ),
  /** What is taken that no breaker measures, W. */
  unmeteredW: powerWCodec,
  code: breakerCode.exactOptional(),
  units: z.array(unit),
  schedule: peakSchedule.exactOptional(),
  peakSignals: z.record(recordId, peakSignal),
  /** By the car's source; with what is kept, Wh. */
  trips: z.record(siteThingId, panelTrip.extend({ reserveWh: powerWCodec })),
  /** The transfer switch, where the house has one: where it is to be, and what it last said of itself. */
  transfer: z
    .strictObject({
      wants: z.enum(['grid', 'battery']),
      state: z.string(),
      refusal: z.string().exactOptional(),
    })
    .exactOptional(),
});
export type PanelView = z.output<typeof panelView>;

/** `PUT /phone/v1/sites/{siteId}/panel/units/{unitId}` */
export const unitWish = z.strictObject({ wanted: z.enum(['on', 'off']) });
/** What became of it: its state when all breakers were told. */
export const unitAnswer = unit;
