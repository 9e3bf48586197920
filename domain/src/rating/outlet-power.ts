import { add, compare, multiply, rational, type Rational } from '../tariff/rational.ts';
import { isJsonObject, type Reader } from '../tariff/reader.ts';
import { pointerTo } from '../tariff/problem.ts';

type Json = Readonly<Record<string, unknown>>;

const W_PER_KW = 1000n;
const watts = (value: number): Rational => rational(BigInt(value), W_PER_KW);

/** Most power of a connector type, kW: 80 A at 240 V (SAE J1772), 63 A at three times 250 V (IEC 62196-2), 3.75 MW (MCS). */
const BY_POWER_TYPE: Readonly<Record<string, Rational>> = {
  AC_1_PHASE: watts(19_200),
  AC_2_PHASE: watts(32_000),
  AC_2_PHASE_SPLIT: watts(32_000),
  AC_3_PHASE: watts(47_250),
  DC: watts(3_750_000),
};
export const MOST_POWER_KW: Rational = watts(3_750_000);

const phasesOf = (powerType: unknown): bigint => {
  if (powerType === 'AC_3_PHASE') return 3n;
  return powerType === 'AC_2_PHASE' || powerType === 'AC_2_PHASE_SPLIT' ? 2n : 1n;
};

/** A connector's own word on its power, or else the most that its type has. */
const connectorKw = (reader: Reader, from: Json, base: string): Rational | undefined => {
  const electric = reader.decimal(from, 'max_electric_power', base);
  if (electric !== undefined) return rational(electric.n, electric.d * W_PER_KW);
  const volts = reader.decimal(from, 'voltage', base) ?? reader.decimal(from, 'max_voltage', base);
  const amperes = reader.decimal(from, 'amperage', base) ?? reader.decimal(from, 'max_amperage', base);
  const type = from['power_type'] ?? from['connector_power_type'];
  if (volts !== undefined && amperes !== undefined && volts.n > 0n && amperes.n > 0n) {
    const oneLine = multiply(volts, amperes);
    return rational(oneLine.n * phasesOf(type), oneLine.d * W_PER_KW);
  }
  return typeof type === 'string' ? BY_POWER_TYPE[type] : undefined;
};

const objects = (
  reader: Reader,
  from: Json,
  key: string,
  base: string,
): readonly (readonly [Json, string])[] =>
  reader
    .list(from, key, base)
    .flatMap((entry, index) =>
      isJsonObject(entry) ? [[entry, pointerTo(pointerTo(base, key), index)] as const] : [],
    );

/** Most power, kW, that the outlet of a CDR can give, as far as the CDR says: the strongest connector where it names several. */
export const outletPower = (reader: Reader, cdr: Json, base: string): Rational | undefined => {
  const found: Rational[] = [];
  for (const key of ['cdr_location', 'location']) {
    const location = cdr[key];
    if (!isJsonObject(location)) continue;
    const at = pointerTo(base, key);
    const evses = objects(reader, location, 'evses', at);
    const connectors = evses.flatMap(([evse, pointer]) => objects(reader, evse, 'connectors', pointer));
    for (const [connector, pointer] of [[location, at] as const, ...connectors]) {
      const kW = connectorKw(reader, connector, pointer);
      if (kW !== undefined) found.push(kW);
    }
  }
  const [first, ...rest] = found;
  return first && rest.reduce((most, kW) => (compare(kW, most) > 0 ? kW : most), first);
};

/** Energy, kWh, of a power over a time, with a minute more: stamps are often cut to the minute. */
export const energyAtMost = (kW: Rational, lengthMs: number): Rational =>
  multiply(kW, add(rational(BigInt(lengthMs), 3_600_000n), rational(1n, 60n)));
