/** A charging profile as either version told it; limits in tenths of its unit. */
export interface KeptProfile {
  readonly id: number;
  /** 0 is the whole station. */
  readonly evse: number;
  readonly stackLevel: number;
  readonly purpose: string;
  readonly kind: string;
  readonly recurrency?: string;
  readonly transactionId?: string;
  readonly validFromMs?: number;
  readonly validToMs?: number;
  readonly unit: string;
  readonly startMs?: number;
  readonly durationS?: number;
  readonly periods: readonly KeptPeriod[];
}

export interface KeptPeriod {
  readonly startS: number;
  readonly limitTenths: number;
}

/** Where the profiles are looked at. */
export interface ProfileView {
  readonly evse: number;
  /** When the transaction there began: relative profiles begin with it. */
  readonly beganAtMs?: number;
  /** What the outlet has at most, in tenths of the unit that is asked for: it holds where no profile says anything. */
  readonly mostTenths?: number;
}

const MS_PER_S = 1_000;
const RECURS_MS: Readonly<Record<string, number>> = { Daily: 86_400_000, Weekly: 604_800_000 };
/** Each is heeded beside those of transactions. */
const STATION_PURPOSES = [
  ...['ChargePointMaxProfile', 'ChargingStationMaxProfile', 'ChargingStationExternalConstraints'],
];
const OF_TRANSACTIONS = ['TxProfile', 'TxDefaultProfile'];

/** Begin of the schedule that runs at an instant. */
const scheduleStart = (
  profile: KeptProfile,
  atMs: number,
  { beganAtMs }: ProfileView,
): number | undefined => {
  if (profile.kind === 'Relative') return beganAtMs;
  if (profile.startMs === undefined || profile.startMs > atMs) return undefined;
  const everyMs = RECURS_MS[profile.recurrency ?? ''];
  if (profile.kind !== 'Recurring' || everyMs === undefined) return profile.startMs;
  return atMs - ((atMs - profile.startMs) % everyMs);
};

/** What a profile says at an instant, in tenths of its unit. */
const limitOf = (profile: KeptProfile, atMs: number, view: ProfileView): number | undefined => {
  if (profile.validFromMs !== undefined && atMs < profile.validFromMs) return undefined;
  if (profile.validToMs !== undefined && atMs >= profile.validToMs) return undefined;
  const startMs = scheduleStart(profile, atMs, view);
  if (startMs === undefined || atMs < startMs) return undefined;
  const passedS = Math.floor((atMs - startMs) / MS_PER_S);
  if (profile.durationS !== undefined && passedS >= profile.durationS) return undefined;
  return profile.periods.findLast(({ startS }) => startS <= passedS)?.limitTenths;
};

const isAt = (profile: KeptProfile, evse: number): boolean => profile.evse === 0 || profile.evse === evse;

/** Profiles of a simulated station. Spec: OCPP 1.6 §3.13, OCPP 2.0.1 part 2 §K. */
export class Profiles {
  readonly #kept = new Map<number, KeptProfile>();

  get size(): number {
    return this.#kept.size;
  }

  /** One of the same id, or of the same place, purpose and stack level, makes room. */
  set(profile: KeptProfile): void {
    for (const other of this.#kept.values())
      if (
        other.evse === profile.evse &&
        other.purpose === profile.purpose &&
        other.stackLevel === profile.stackLevel
      )
        this.#kept.delete(other.id);
    this.#kept.set(profile.id, profile);
  }

  /** How many went. */
  clear(isMeant: (profile: KeptProfile) => boolean): number {
    const meant = [...this.#kept.values()].filter(isMeant);
    for (const { id } of meant) this.#kept.delete(id);
    return meant.length;
  }

  /** A transaction’s own goes with it. */
  ended(transactionId: string): void {
    this.clear((profile) => profile.purpose === 'TxProfile' && profile.transactionId === transactionId);
  }

  /**
   * The limit of one unit at an instant: the highest level of each purpose counts, a transaction’s own before the usual one, and
   * the station’s as well.
   */
  limitAt(unit: string, atMs: number, view: ProfileView): number | undefined {
    const said = (isMeant: (profile: KeptProfile) => boolean): number | undefined =>
      [...this.#kept.values()]
        .filter((profile) => profile.unit === unit && isAt(profile, view.evse) && isMeant(profile))
        .sort((a, b) => b.stackLevel - a.stackLevel)
        .map((profile) => limitOf(profile, atMs, view))
        .find((limit) => limit !== undefined);
    const station = STATION_PURPOSES.map((wanted) => said(({ purpose }) => purpose === wanted));
    const [own, usual] = OF_TRANSACTIONS.map((wanted) => said(({ purpose }) => purpose === wanted));
    const limits = [...station, own ?? usual].filter((limit) => limit !== undefined);
    return limits.length === 0 ? undefined : Math.min(...limits);
  }

  /**
   * The limits of a time to come, second by second put together. Where no profile says anything it is what the outlet has at most, as far as that is
   * known; undefined when none says anything throughout.
   */
  compose(
    unit: string,
    fromMs: number,
    durationS: number,
    view: ProfileView,
  ): readonly KeptPeriod[] | undefined {
    const periods: KeptPeriod[] = [];
    let isLimited = false;
    for (let startS = 0; startS < durationS; startS += 1) {
      const saidTenths = this.limitAt(unit, fromMs + startS * MS_PER_S, view);
      isLimited ||= saidTenths !== undefined;
      const limitTenths = saidTenths ?? view.mostTenths;
      if (limitTenths === undefined) break;
      if (periods.at(-1)?.limitTenths !== limitTenths) periods.push({ startS, limitTenths });
    }
    return isLimited ? periods : undefined;
  }

  /** Milliwatt-hours that flow in whole seconds of a time, at the limits in watts; what is not limited has the outlet’s most. */
  energyMilliWh(fromMs: number, seconds: number, mostTenths: number, view: ProfileView): bigint {
    let tenthsOfWattSeconds = 0n;
    for (let second = 0; second < seconds; second += 1) {
      const limit = this.limitAt('W', fromMs + second * MS_PER_S, view) ?? mostTenths;
      tenthsOfWattSeconds += BigInt(Math.min(limit, mostTenths));
    }
    return (tenthsOfWattSeconds * 100n) / 3_600n;
  }
}
