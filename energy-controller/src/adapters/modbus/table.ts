import { powerWCodec } from '@roamgrid/wire';
import { z } from 'zod';

/**
 * What a device tells by which registers, as data: another make is another table. `docs/site-adapters.md` has how to
 * write one. Numbers of a table are the device's; what is read is thousandths of a watt, volt, per cent or watt-hour.
 */

const WORDS = { int16: 1, uint16: 1, int32: 2, uint32: 2, float32: 2, int64: 4, uint64: 4 } as const;
type NumberType = keyof typeof WORDS;

const NUMBER_TYPES = Object.keys(WORDS) as [NumberType, ...NumberType[]];

/** How many registers a number takes. */
export const wordsOf = (type: NumberType): number => WORDS[type];

const place = {
  /** Its address as it is on the wire, from 0; with a `model` the words from the first one of that model. */
  at: z.int().min(0).max(65_535),
  /** Of SunSpec: its place is looked up in the device. */
  model: z.int().min(1).max(65_534).optional(),
  type: z.enum(NUMBER_TYPES),
  /** Which of several registers comes first; the bytes within one are always in network order. */
  words: z.enum(['high-first', 'low-first']).default('high-first'),
  /** The value is what is told times ten to this power. */
  scale: z.int().min(-6).max(6).default(0),
  /** Where the device itself tells that power, SunSpec's `sunssf`: in the same space and model. */
  scaleAt: z.int().min(0).max(65_535).optional(),
};

/** One number that is read. */
const point = z.strictObject({ ...place, space: z.enum(['holding', 'input']).default('holding') });
export type Point = z.output<typeof point>;

/** One number that is written, always a holding register. */
const target = z.strictObject(place);
export type Target = z.output<typeof target>;

const constant = target.extend({ value: z.int() });
export type Constant = z.output<typeof constant>;

/** How a device is told what to put out. What it is told is good until its watchdog's time is over. */
const orders = z.strictObject({
  /** Written before the watts each time: modes, enables. */
  before: z.array(constant).max(16).default([]),
  watts: target,
  positive: z.enum(['out', 'in']),
  /** Written after the watts each time. */
  after: z.array(constant).max(16).default([]),
  /** Written when the time of an order is over. */
  release: z.array(constant).min(1).max(16),
  watchdog: z.strictObject({
    /** Longest time without a write after which the device goes back by itself, s. */
    seconds: z.int().min(2).max(3_600),
    /** Where that time is set; without it, it is fixed. Written between `before` and the watts. */
    at: target.optional(),
  }),
});

export const deviceTable = z.strictObject({
  /** Maker and model, or the specification. */
  name: z.string().min(1).max(100),
  role: z.enum(['meter', 'inverter', 'battery']),
  /** Where a SunSpec device may begin, in the order of looking; needed where a point names a model. */
  sunspecAt: z.array(z.int().min(0).max(65_000)).max(5).default([]),
  /** Numbers that mean "not implemented" as SunSpec has them: 0x8000, 0xFFFF and so on. */
  missing: z.enum(['none', 'sunspec']).default('none'),
  /** So many registers between two that are wanted may be read along: some devices refuse what they do not have. */
  readGap: z.int().min(0).max(100).default(0),
  /** What it puts out or takes in. */
  watts: point,
  positive: z.enum(['out', 'in']),
  /** Of the connection: too low a voltage is an outage. */
  volts: point.optional(),
  /** Most that it can put out, and take in, by its own word. */
  mostOutW: point.optional(),
  mostInW: point.optional(),
  /** Of a battery: what it holds, per cent, and can hold, Wh. */
  soc: point.optional(),
  capacityWh: point.optional(),
  /** A counter that moves as long as the values are fresh: a gateway may answer for a device that is gone. */
  beat: point.optional(),
  orders: orders.optional(),
});
export type DeviceTable = z.output<typeof deviceTable>;
export type Orders = NonNullable<DeviceTable['orders']>;

/** What is written into a configuration, with defaults left out. */
export type DeviceTableInput = z.input<typeof deviceTable>;

/** One Modbus device of a site, as its operator configures it. Powers in watts, energies in watt-hours, as decimal strings. */
export const modbusSourceConfig = z.strictObject({
  kind: z.literal('modbus'),
  sourceId: z.string().min(1).max(100),
  sourceKind: z.enum(['grid', 'renewable', 'ess']),
  /** Where it feeds in. */
  nodeId: z.string().min(1).max(100),
  lanes: z.array(z.int().min(0).max(2)).min(1).max(3).optional(),
  host: z.string().min(1).max(253),
  port: z.int().min(1).max(65_535).default(502),
  unitId: z.int().min(0).max(255).default(1),
  /** For an answer, ms. */
  timeoutMs: z.int().min(50).max(30_000).default(1_000),
  /** The name of a table that is built in, or a table. */
  device: z.union([z.string().min(1).max(100), deviceTable]),
  /** Most that it may put out: what is agreed at the connection, what is written on the device. */
  mostW: powerWCodec,
  /** Most that it may take in; nothing when absent. */
  mostInW: powerWCodec.prefault('0'),
  /** Needed of a battery whose device does not tell. */
  capacityWh: powerWCodec.optional(),
  floorWh: powerWCodec.prefault('0'),
  essentialFloorWh: powerWCodec.optional(),
  lossPpm: powerWCodec.optional(),
  /** A reading is believed for so long, ms. */
  staleAfterMs: z.int().min(1_000).max(600_000).default(10_000),
  /** A phase voltage below it is an outage of the feed, V. */
  outageBelowV: z.int().min(1).max(100_000).default(50),
});
export type ModbusSourceConfig = z.output<typeof modbusSourceConfig>;
