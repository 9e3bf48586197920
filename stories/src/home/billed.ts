import { join } from 'node:path';
import { rateSession, resolveZone, type MeterReading } from '@roamgrid/domain';
import { leavesAt, startHomeStage } from '@roamgrid/energy-controller/stage';
import { canonicalJson, readTariffJson, tariffGround } from '@roamgrid/wire';
import { ALABAMA_POWER, DUKE_ENERGY } from '../system/consortium.ts';
import { foundConsortium } from '../system/admission.ts';
import { asker } from '../system/ask.ts';
import { publishAndBind } from '../system/register.ts';
import { startSystem, type LocalSystem } from '../system/system.ts';
import type { Row } from '../site/part.ts';

/** HOME-7: the plan's prices are those of the tariff on the ledger, a later version makes the plan old, and the bill comes to what was planned. */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const TARIFF_ID = 'USDUK-HOME';
const CONTRACT_ID = 'US-DUK-C12345678-1';
const DUK = DUKE_ENERGY.utilityId;
const HOURS = 10;
const NEED_WH = 30_000n;

/** A tariff whose price goes with the hour; of the second version the night is cheaper. */
const tariffOf = (night: string): string => {
  const between = (start_time: string, end_time: string, price: string) => ({
    price_components: [{ type: 'ENERGY', price, vat: '7', step_size: 1 }],
    restrictions: { start_time, end_time },
  });
  return canonicalJson({
    ...{ country_code: 'US', party_id: 'DUK', id: TARIFF_ID, currency: 'USD' },
    elements: [
      between('00:00', '06:00', night),
      between('06:00', '23:59', '0.31'),
      between('23:59', '00:00', '0.31'),
    ],
    last_updated: '2026-01-01T00:00:00Z',
  });
};

export interface BilledSeen {
  readonly first: { readonly version: number; readonly nightMicros: string };
  readonly stale: { readonly cause: string; readonly version: number; readonly nightMicros: string };
  /** What the charger was told: the contract, the tariff's versions, and that sources add up in every slot. */
  readonly told: {
    readonly contractId: string;
    readonly versions: readonly number[];
    readonly addsUp: boolean;
  };
  /** By the hour: what the plan's price is, and what the car took. */
  readonly hours: readonly { readonly priceMicros: string; readonly takenWh: string }[];
  /** By the ledger's own rating of the metered energy. */
  readonly billMicros: string;
}

const begin = async (folder: string): Promise<LocalSystem> => {
  const system = await startSystem({
    stateDir: join(folder, 'system'),
    utilities: [ALABAMA_POWER, DUKE_ENERGY],
    ledger: { kind: 'embedded' },
    tuning: { logLevel: 'silent' },
    progress: () => undefined,
  });
  await foundConsortium([system.utility(ALABAMA_POWER.utilityId), system.utility(DUK)], Date.now());
  return system;
};

export const liveBilled = async (folder: string): Promise<BilledSeen> => {
  const system = await begin(folder);
  const duke = system.utility(DUK);
  // The next midnight: the tariff's first version holds by then.
  const midnightMs = Math.ceil(Date.now() / DAY_MS) * DAY_MS;
  const publish = (tariffVersion: number, night: string): Promise<void> =>
    publishAndBind(
      duke,
      {
        ...{ tariffId: TARIFF_ID, tariffVersion, tariffJson: tariffOf(night) },
        ...{ validFromMs: midnightMs - DAY_MS, validUntilMs: midnightMs + 30 * DAY_MS },
      },
      [],
    );
  try {
    await publish(1, '0.12');
    const key = system.keys.key(`${DUK}-aaa`);
    const house = await startHomeStage({
      ...{ folder: join(folder, 'house'), connectionW: 12_000n, startMs: midnightMs },
      cars: [{ carId: 'a', storedWh: 20_000n, capacityWh: 60_000n, mostW: 7_000n }],
      home: { slotMs: HOUR_MS, slots: 24, tariff: { tariffId: TARIFF_ID }, contractId: CONTRACT_ID },
      controller: { gateway: { url: duke.gateway.url, iss: 'aaa', key } },
    });
    try {
      await house.setCar('a', leavesAt(midnightMs + HOURS * HOUR_MS, 20_000n + NEED_WH));
      await house.live(0);
      const before = await house.planned(1);
      await publish(2, '0.09');
      const home = house.controller.sites.get('s1')?.home;
      await home?.look();
      const plan = await house.planned(before.version + 1);
      const old = await house.planOf(before.version);
      const terms = house.plant.terms.get('a');
      const hours: BilledSeen['hours'][number][] = [];
      const readings: MeterReading[] = [{ atMs: midnightMs, energyWh: 0n, state: 'charging' }];
      for (let hour = 0; hour < HOURS; hour += 1) {
        const slot = plan.slots.find(({ startMs }) => startMs === midnightMs + hour * HOUR_MS);
        const beforeWh = house.plant.meterWh('box-a');
        await house.live(HOUR_MS);
        const energyWh = house.plant.meterWh('box-a');
        const priceMicros = (slot?.priceMicrosPerKWh ?? 0n).toString();
        hours.push({ priceMicros, takenWh: (energyWh - beforeWh).toString() });
        readings.push({ atMs: midnightMs + (hour + 1) * HOUR_MS, energyWh, state: 'charging' });
      }
      const asked = await asker(key, 'aaa', DUK, 'aaa')(
        'GET',
        `${duke.gateway.url}/internal/v1/tariffs/${TARIFF_ID}/versions/2`,
        undefined,
        tariffGround,
      );
      const tariff = readTariffJson(asked.tariff.tariffJson);
      const zone = resolveZone('Etc/UTC', midnightMs, midnightMs + DAY_MS);
      if (!tariff.ok || !zone.ok) throw new Error('the tariff on the ledger can be read');
      const rated = rateSession({ tariff: tariff.value, readings, zoneOffsets: zone.value });
      if (!rated.ok) throw new Error('the charge can be rated');
      const nightOf = ({ slots }: typeof plan): string => (slots[0]?.priceMicrosPerKWh ?? 0n).toString();
      return {
        first: { version: old.slots[0]?.tariff?.version ?? 0, nightMicros: nightOf(old) },
        stale: {
          ...{ cause: old.stale?.cause ?? '', version: plan.slots[0]?.tariff?.version ?? 0 },
          nightMicros: nightOf(plan),
        },
        told: {
          contractId: terms?.contractId ?? '',
          versions: [...new Set(terms?.slots.map(({ tariff: each }) => each?.version ?? 0))],
          addsUp: terms?.slots.every(({ plannedW, sourcesW }) => sourcesW.grid === plannedW) ?? false,
        },
        ...{ hours, billMicros: rated.value.totalInclTaxMicros.toString() },
      };
    } finally {
      await house.close();
    }
  } finally {
    await system.close();
  }
};

const numberOf = (text: string): bigint => (/^\d+$/.test(text) ? BigInt(text) : -1n);

/** Planned price times what was taken, to the micro what is billed. */
const isBilled = ({ first, stale, told, hours, billMicros }: BilledSeen): boolean => {
  const costs = hours.reduce(
    (sum, { priceMicros, takenWh }) => sum + numberOf(priceMicros) * numberOf(takenWh),
    0n,
  );
  return (
    first.version === 1 &&
    first.nightMicros === '128400' &&
    stale.cause === 'price' &&
    stale.version === 2 &&
    stale.nightMicros === '96300' &&
    told.contractId === CONTRACT_ID &&
    told.versions.join() === '2' &&
    told.addsUp &&
    hours.length === HOURS &&
    hours.every(({ priceMicros }, hour) => priceMicros === (hour < 6 ? '96300' : '331700')) &&
    hours.reduce((sum, { takenWh }) => sum + numberOf(takenWh), 0n) === NEED_WH &&
    costs % 1_000n === 0n &&
    (costs / 1_000n).toString() === billMicros
  );
};

export const billedRows: readonly Row<BilledSeen>[] = [
  { row: 'HOME-7', is: isBilled, shows: (seen) => seen },
];
