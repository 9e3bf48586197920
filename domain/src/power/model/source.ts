/** Where power comes from. What a source has is what it can put out, before losses. */

export type SourceKind = 'grid' | 'renewable' | 'ess' | 'ev';

/** What a battery holds, Wh. */
export interface Store {
  readonly storedWh: bigint;
  readonly capacityWh: bigint;
  /** Not discharged below it. */
  readonly floorWh: bigint;
  /** Below the floor down to here it still feeds essential claims; the floor, when it is not given. */
  readonly essentialFloorWh?: bigint;
  /** Kept for a trip on top of nothing: whichever of floor and reserve is higher holds. */
  readonly tripReserveWh?: bigint;
}

export interface Source {
  readonly sourceId: string;
  readonly kind: SourceKind;
  /** Where it feeds in. Of a grid it does not matter: the grid is above the connection. */
  readonly nodeId: string;
  /** Lanes it feeds, evenly; all when absent. */
  readonly lanes?: readonly number[];
  /** Most that it can put out now, W. */
  readonly availableW: bigint;
  /** Of what it puts out so much is lost on the way, parts per million. */
  readonly lossPpm?: bigint;
  readonly store?: Store;
  /** A reading older than `staleAfterMs` is not believed, and the source not used. */
  readonly measuredAtMs?: number;
  readonly staleAfterMs?: number;
}

/** The energy above which a battery gives power to a claim, Wh. */
export const floorOf = (store: Store, isEssential: boolean): bigint => {
  const floorWh = isEssential ? (store.essentialFloorWh ?? store.floorWh) : store.floorWh;
  const reserveWh = store.tripReserveWh ?? 0n;
  return floorWh > reserveWh ? floorWh : reserveWh;
};

export const isStale = ({ measuredAtMs, staleAfterMs }: Source, nowMs: number): boolean =>
  measuredAtMs !== undefined && staleAfterMs !== undefined && nowMs - measuredAtMs > staleAfterMs;

/** Which of two batteries holds more of what it can hold: negative when the first does, zero for a tie. */
export const byStateOfCharge = (a: Store, b: Store): number => {
  const [first, second] = [a.storedWh * b.capacityWh, b.storedWh * a.capacityWh];
  return first > second ? -1 : first < second ? 1 : 0;
};
