import { rateSession, resolveZone, type Tariff } from '@roamgrid/domain';
import { readTariffJson, tariffGround, type TariffRecord } from '@roamgrid/wire';
import type { GatewayDoor } from '../gateway/gateway-door.ts';

/** What a kWh costs in a slot, and by which version of which tariff. */
export interface LedgerPrice {
  readonly microsPerKWh: bigint;
  readonly tariff: { readonly tariffId: string; readonly version: number };
}

interface Version {
  readonly record: TariffRecord;
  readonly tariff: Tariff;
}

/** Versions that are kept: what holds now and the days that were published ahead. */
const MOST_VERSIONS = 14;
const WH_PER_KWH = 1_000n;

/** The tariff on the ledger by which a house is billed, as its utility's gateway has it: the plan's prices are the bill's. Spec: HOME-7 */
export class TariffBook {
  readonly #tariffId: string;
  readonly #timeZone: string;
  readonly #door: GatewayDoor;
  readonly #nowMs: () => number;
  #newest = 0;
  #versions: readonly Version[] = [];

  constructor(
    { tariffId, timeZone }: { readonly tariffId: string; readonly timeZone: string },
    door: GatewayDoor,
    nowMs: () => number,
  ) {
    this.#tariffId = tariffId;
    this.#timeZone = timeZone;
    this.#door = door;
    this.#nowMs = nowMs;
  }

  /** The newest first. */
  get versions(): readonly TariffRecord[] {
    return this.#versions.map(({ record }) => record);
  }

  /** Looks for later versions. A gateway that is away changes nothing. @returns the newest one, when it was not known before */
  async look(): Promise<number | undefined> {
    let [low, step] = [this.#newest, 1];
    const found = new Map<number, Version>();
    const has = async (version: number): Promise<boolean> => {
      const known = found.get(version) ?? (await this.#read(version));
      if (known !== undefined) found.set(version, known);
      return known !== undefined;
    };
    // Versions have no gaps: steps that double, then halve.
    while (await has(low + step)) {
      low += step;
      step *= 2;
    }
    for (step = Math.floor(step / 2); step >= 1; step = Math.floor(step / 2))
      if (await has(low + step)) low += step;
    if (low === this.#newest) return undefined;
    const kept: Version[] = [];
    for (let version = low; version >= 1 && kept.length < MOST_VERSIONS; version -= 1) {
      const one =
        found.get(version) ??
        this.#versions.find(({ record }) => record.version === version) ??
        (await this.#read(version));
      // What lies before one that cannot be had is not guessed.
      if (one === undefined) break;
      kept.push(one);
      if (one.record.validFromMs <= this.#nowMs()) break;
    }
    if (kept.length === 0) return undefined;
    this.#newest = low;
    this.#versions = kept;
    return low;
  }

  /** Of a kWh that is taken evenly in a slot, with tax; undefined where no version holds. */
  priceIn(startMs: number, endMs: number): LedgerPrice | undefined {
    const held = this.#versions.find(
      ({ record }) => record.validFromMs <= startMs && startMs < record.validUntilMs,
    );
    if (held === undefined) return undefined;
    const zone = resolveZone(this.#timeZone, startMs, endMs);
    if (!zone.ok) return undefined;
    const rated = rateSession({
      tariff: held.tariff,
      readings: [
        { atMs: startMs, energyWh: 0n, state: 'charging' },
        { atMs: endMs, energyWh: WH_PER_KWH, state: 'charging' },
      ],
      zoneOffsets: zone.value,
    });
    if (!rated.ok) return undefined;
    const { tariffId, version } = held.record;
    return { microsPerKWh: rated.value.energy.inclTaxMicros, tariff: { tariffId, version } };
  }

  async #read(version: number): Promise<Version | undefined> {
    const path = `/internal/v1/tariffs/${this.#tariffId}/versions/${version}`;
    const answer = await this.#door.ask({ method: 'GET', path, answer: tariffGround });
    if (!answer.ok) return undefined;
    const tariff = readTariffJson(answer.value.tariff.tariffJson);
    return tariff.ok ? { record: answer.value.tariff, tariff: tariff.value } : undefined;
  }
}
