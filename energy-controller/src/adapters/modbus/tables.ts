import type { DeviceTableInput } from './table.ts';

/**
 * Tables that are built in. SunSpec's are by its published models (sunspec.org, repository `sunspec/models`), numbers
 * of registers counted from the model's first; the plain ones are forms that many makes have.
 */

const SUNSPEC = {
  sunspecAt: [40_000, 0, 50_000],
  missing: 'sunspec',
  readGap: 100,
} satisfies Partial<DeviceTableInput>;

/** A number of 16 bits with its scale, both in one model. */
const scaled = (model: number, at: number, scaleAt: number, type: 'int16' | 'uint16' = 'int16') => ({
  model,
  at,
  type,
  scaleAt,
});

const DISABLED = 0;
const ENABLED = 1;
/** Of model 704: the set-point is in watts. */
const IN_WATTS = 1;

/** A three-phase meter of model 203: power from the grid is positive. */
const sunspecMeter: DeviceTableInput = {
  ...SUNSPEC,
  name: 'SunSpec 203 meter',
  role: 'meter',
  watts: scaled(203, 18, 22),
  positive: 'out',
  volts: scaled(203, 8, 15),
};

/** A three-phase inverter of model 103. */
const sunspecInverter: DeviceTableInput = {
  ...SUNSPEC,
  name: 'SunSpec 103 inverter',
  role: 'inverter',
  watts: scaled(103, 14, 15),
  positive: 'out',
};

const ORDER_704 = { model: 704 } as const;

/** A battery of models 701, 702, 704 and 713, as IEEE 1547-2018 asks for. Its reversion timer is the watchdog. */
const sunspecBattery: DeviceTableInput = {
  ...SUNSPEC,
  name: 'SunSpec 701-713 battery',
  role: 'battery',
  watts: scaled(701, 10, 116),
  positive: 'out',
  mostOutW: scaled(702, 35, 45, 'uint16'),
  mostInW: scaled(702, 34, 45, 'uint16'),
  soc: scaled(713, 4, 8, 'uint16'),
  capacityWh: scaled(713, 2, 7, 'uint16'),
  orders: {
    before: [
      { ...ORDER_704, at: 23, type: 'uint16', value: IN_WATTS },
      { ...ORDER_704, at: 30, type: 'uint16', value: DISABLED },
    ],
    watchdog: { seconds: 30, at: { ...ORDER_704, at: 31, type: 'uint32' } },
    watts: { ...ORDER_704, at: 24, type: 'int32', scaleAt: 55 },
    positive: 'out',
    after: [{ ...ORDER_704, at: 22, type: 'uint16', value: ENABLED }],
    release: [{ ...ORDER_704, at: 22, type: 'uint16', value: DISABLED }],
  },
};

/** A meter that tells floats in its input registers, as rail-mounted ones do: power from the grid is positive. */
const plainMeter: DeviceTableInput = {
  name: 'plain meter, floats',
  role: 'meter',
  watts: { space: 'input', at: 52, type: 'float32' },
  positive: 'out',
  volts: { space: 'input', at: 0, type: 'float32' },
};

/** A battery whose watchdog is fixed at 60 s, with the low word first; charging is positive. */
const plainBattery: DeviceTableInput = {
  name: 'plain battery, low word first',
  role: 'battery',
  readGap: 20,
  watts: { at: 100, type: 'int32', words: 'low-first' },
  positive: 'in',
  soc: { at: 102, type: 'uint16', scale: -1 },
  beat: { at: 103, type: 'uint16' },
  orders: {
    before: [{ at: 200, type: 'uint16', value: ENABLED }],
    watts: { at: 201, type: 'int32', words: 'low-first' },
    positive: 'in',
    release: [{ at: 200, type: 'uint16', value: DISABLED }],
    watchdog: { seconds: 60 },
  },
};

export const DEVICE_TABLES: Readonly<Record<string, DeviceTableInput>> = {
  'sunspec-meter': sunspecMeter,
  'sunspec-inverter': sunspecInverter,
  'sunspec-battery': sunspecBattery,
  'plain-meter': plainMeter,
  'plain-battery': plainBattery,
};
