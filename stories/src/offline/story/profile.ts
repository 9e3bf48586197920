import { costMicros } from '@roamgrid/offline';
import { PRICE } from '../underground.ts';
import type { AtTheCharger } from './at-the-charger.ts';

/** SECURE-9: 22, 15 and 8 kW from 0, 180 and 1,080 s until 1,980 s, second by second at the meter. */

const PARTS = [
  { offsetS: 0, limitW: 22_000n },
  { offsetS: 180, limitW: 15_000n },
  { offsetS: 1_080, limitW: 8_000n },
];
const [LASTS_S, LOOKS_S] = [1_980, 1_990];
const [MS_PER_S, WMS_PER_WH] = [1_000, 3_600_000n];

export interface ProfileSeen {
  /** Seconds in which the meter counted another power than the profile's. */
  readonly wrongSeconds: number;
  readonly seconds: number;
  /** What flowed in each part, Wh. */
  readonly partsWh: readonly string[];
  readonly lastedMs: number;
  readonly reason: string;
  readonly energyWh: string;
  /** At 0.32 a kWh, as the charger counts. */
  readonly micros: string;
}

const limitAt = (second: number): bigint =>
  second >= LASTS_S ? 0n : (PARTS.findLast(({ offsetS }) => offsetS <= second)?.limitW ?? 0n);

export const liveProfile = async (at: AtTheCharger): Promise<ProfileSeen> => {
  const { there } = at;
  // A moment after whoever was here before.
  await there.pass(1_000);
  await there.charger().act('plug-in');
  await at.rule({ profile: { durationS: LASTS_S, periods: PARTS }, price: 'quoted' });
  const price = { ...PRICE, microsPerKWh: 320_000n, quoteHash: new Uint8Array(16) };
  const limits = { energyWh: 20_000n, costMicros: 9_000_000n, sessions: 1 };
  const phone = await there.phone({ limits, price });
  const { registerWms } = await there.charger().act('look');
  await at.meets(phone, { kind: 'start', energyWh: 20_000n }, () => Promise.resolve());
  const { registers } = await there.pass(LOOKS_S * MS_PER_S, MS_PER_S);
  const counted = [registerWms, ...registers].map((register) => BigInt(register) - BigInt(registerWms));
  const powersW = registers.map(
    (_, second) => ((counted[second + 1] ?? 0n) - (counted[second] ?? 0n)) / BigInt(MS_PER_S),
  );
  const records = await at.collected();
  await there.charger().act('unplug');
  const record = records.at(-1);
  const energyWh = record?.facts.energyWh ?? 0n;
  const edges = [...PARTS.map(({ offsetS }) => offsetS), LASTS_S];
  return {
    wrongSeconds: powersW.filter((powerW, second) => powerW !== limitAt(second)).length,
    seconds: powersW.length,
    partsWh: edges
      .slice(1)
      .map((edge, part) =>
        (((counted[edge] ?? 0n) - (counted[edges[part] ?? 0] ?? 0n)) / WMS_PER_WH).toString(),
      ),
    lastedMs: record?.facts.lastedMs ?? 0,
    reason: record?.facts.reason ?? 'none',
    energyWh: energyWh.toString(),
    micros: costMicros(price, energyWh, 0n).toString(),
  };
};

/** 1,100, 3,750 and 2,000 Wh: 6.85 kWh, for 2.192. */
export const isProfile = (seen: ProfileSeen): boolean =>
  JSON.stringify(seen) ===
  JSON.stringify({
    ...{ wrongSeconds: 0, seconds: LOOKS_S, partsWh: ['1100', '3750', '2000'], lastedMs: LASTS_S * MS_PER_S },
    ...{ reason: 'time', energyWh: '6850', micros: '2192000' },
  });
