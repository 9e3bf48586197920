import type { Claim, Source } from '@roamgrid/domain/power';
import type { ChargeTerms, SignedInterval } from '@roamgrid/wire';
import type { z } from 'zod';
import { PlantMeter, type plantMeter } from './plant-meter.ts';
import type { DeviceFacts, GrantOrder, LoadReading, SourceReading } from '../../adapter.ts';

const MS_PER_HOUR = 3_600_000n;

/** Something simulated that takes power. */
export interface PlantLoad {
  readonly loadId: string;
  claims: readonly Claim[];
  /** What all of it takes without a grant, W. */
  aloneW: bigint;
  /** It takes so much whatever it is told: a device that does not obey. */
  stubbornW?: bigint;
  facts?: DeviceFacts;
}

/** Something simulated that gives power. */
export interface PlantSource {
  source: Source;
  /** It puts out what it is told; others give what is asked of them. */
  readonly isTold: boolean;
  /** Its own meter, that signs what it gave. */
  readonly meter?: z.output<typeof plantMeter>;
}

interface Order {
  readonly watts: bigint;
  readonly lapsesAtMs: number;
}

/**
 * What a site is made of, simulated: loads take at most what they were granted until it lapses, batteries that are told give what they
 * were told and hold less after it, and more after a charge of them, renewables give what is left, and the grid gives the rest.
 */
export class Plant {
  readonly loads = new Map<string, PlantLoad>();
  readonly sources = new Map<string, PlantSource>();
  /** By claim: how chargers were told that a charge is planned. */
  readonly terms = new Map<string, ChargeTerms>();
  readonly #granted = new Map<string, Map<string, Order>>();
  readonly #told = new Map<string, Order>();
  /** Watt-milliseconds that batteries gave and that are not yet a whole watt-hour. */
  readonly #given = new Map<string, bigint>();
  /** Energy by source or load since the beginning, in watt-milliseconds. */
  readonly #meters = new Map<string, bigint>();
  readonly #signing = new Map<string, PlantMeter>();
  readonly #nowMs: () => number;
  #atMs: number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#atMs = nowMs();
  }

  addLoad(load: PlantLoad): void {
    this.loads.set(load.loadId, load);
  }

  addSource(source: PlantSource): void {
    const { sourceId } = source.source;
    if (source.meter !== undefined) this.#signing.set(sourceId, new PlantMeter(source.meter, this.#nowMs()));
    this.sources.set(sourceId, source);
  }

  /** What a load takes now, W. */
  takesW(loadId: string): bigint {
    this.settle();
    return this.#takesAt(loadId);
  }

  /** What a source puts out now, W; negative: it takes in. */
  givesW(sourceId: string): bigint {
    this.settle();
    return this.#outputs().get(sourceId) ?? 0n;
  }

  /** Energy since the beginning, Wh rounded down: of a source what it put out, of a load what it took. */
  meterWh(id: string): bigint {
    this.settle();
    return (this.#meters.get(id) ?? 0n) / MS_PER_HOUR;
  }

  /** What a source's meter signed in intervals that ended in a time. */
  signedBy(sourceId: string, fromMs: number, toMs: number): SignedInterval[] {
    this.settle();
    return this.#signing.get(sourceId)?.intervals(fromMs, toMs) ?? [];
  }

  readLoad(loadId: string): LoadReading {
    const load = this.#load(loadId);
    const measuredW = this.takesW(loadId);
    return {
      measuredAtMs: this.#nowMs(),
      measuredW,
      claims: load.claims.map((claim) => ({
        ...claim,
        // What asks nobody takes what it takes.
        runningW:
          claim.kind === 'circuit' && load.claims.length === 1 && load.stubbornW !== undefined
            ? load.stubbornW
            : this.#claimW(loadId, claim),
      })),
      ...(load.facts !== undefined && { facts: load.facts }),
    };
  }

  readSource(sourceId: string): SourceReading {
    const measuredW = this.givesW(sourceId);
    const { source } = this.#source(sourceId);
    return { source: { ...source, measuredAtMs: this.#nowMs() }, measuredW };
  }

  grant(loadId: string, orders: readonly GrantOrder[]): void {
    this.settle();
    const granted = this.#granted.get(loadId) ?? new Map<string, Order>();
    this.#granted.set(loadId, granted);
    const nowMs = this.#nowMs();
    for (const [claimId, { lapsesAtMs }] of granted) if (lapsesAtMs <= nowMs) granted.delete(claimId);
    // What comes after its time is nothing.
    for (const { claimId, watts, lapsesAtMs } of orders)
      if (lapsesAtMs > nowMs) granted.set(claimId, { watts, lapsesAtMs });
  }

  setW(sourceId: string, order: Order): void {
    this.settle();
    this.#told.set(sourceId, order);
  }

  /** Nothing is granted any more. */
  makeSafe(loadId: string): void {
    this.settle();
    const load = this.#load(loadId);
    const forGood = { watts: 0n, lapsesAtMs: Number.MAX_SAFE_INTEGER };
    this.#granted.set(loadId, new Map(load.claims.map(({ claimId }) => [claimId, forGood])));
    delete load.stubbornW;
  }

  /** Counts energy up to now. Whatever changes the flows calls it first. */
  settle(): void {
    const nowMs = this.#nowMs();
    const passedMs = BigInt(nowMs - this.#atMs);
    if (passedMs <= 0n) return;
    const outputs = this.#outputs();
    const charged = [...this.loads.values()].flatMap(({ loadId, claims }) =>
      claims.flatMap((claim) =>
        claim.kind === 'charge' && claim.sourceId !== undefined && this.sources.has(claim.sourceId)
          ? [{ sourceId: claim.sourceId, watts: this.#claimW(loadId, claim) }]
          : [],
      ),
    );
    for (const loadId of this.loads.keys()) this.#count(loadId, this.#takesAt(loadId) * passedMs);
    this.#atMs = nowMs;
    for (const [sourceId, outW] of outputs) {
      this.#count(sourceId, outW * passedMs);
      this.#signing.get(sourceId)?.count(outW * passedMs, nowMs);
      this.#drain(sourceId, outW * passedMs);
    }
    for (const { sourceId, watts } of charged) this.#drain(sourceId, -watts * passedMs);
  }

  #count(id: string, wattMs: bigint): void {
    this.#meters.set(id, (this.#meters.get(id) ?? 0n) + wattMs);
  }

  #drain(sourceId: string, wattMs: bigint): void {
    const kept = this.#source(sourceId);
    const { store } = kept.source;
    if (store === undefined) return;
    const givenWattMs = (this.#given.get(sourceId) ?? 0n) + wattMs;
    const wholeWh = givenWattMs / MS_PER_HOUR;
    this.#given.set(sourceId, givenWattMs - wholeWh * MS_PER_HOUR);
    const leftWh = store.storedWh - wholeWh;
    const storedWh = leftWh < 0n ? 0n : leftWh > store.capacityWh ? store.capacityWh : leftWh;
    kept.source = { ...kept.source, store: { ...store, storedWh } };
  }

  #takesAt(loadId: string): bigint {
    const load = this.#load(loadId);
    if (load.stubbornW !== undefined) return load.stubbornW;
    const takenW = load.claims.reduce((sum, claim) => sum + this.#claimW(loadId, claim), 0n);
    // Without any grant it takes what it may take alone.
    return takenW > 0n || this.#hasGrant(loadId) ? takenW : load.aloneW;
  }

  #hasGrant(loadId: string): boolean {
    return [...(this.#granted.get(loadId)?.values() ?? [])].some(({ lapsesAtMs }) => lapsesAtMs > this.#atMs);
  }

  #claimW(loadId: string, { claimId, kind, maxW, needWh, mayStore, sourceId }: Claim): bigint {
    if (kind === 'discharge' || (needWh === 0n && mayStore !== true)) return 0n;
    const store = kind === 'charge' ? this.sources.get(sourceId ?? '')?.source.store : undefined;
    if (store !== undefined && store.storedWh >= store.capacityWh) return 0n;
    const order = this.#granted.get(loadId)?.get(claimId);
    if (order === undefined || order.lapsesAtMs <= this.#atMs) return 0n;
    return order.watts < maxW ? order.watts : maxW;
  }

  /** The grid gives what the others do not. */
  #outputs(): ReadonlyMap<string, bigint> {
    let leftW = [...this.loads.keys()].reduce((sum, loadId) => sum + this.#takesAt(loadId), 0n);
    const outputs = new Map<string, bigint>();
    const take = (sourceId: string, outW: bigint): void => {
      outputs.set(sourceId, outW);
      leftW -= outW;
    };
    for (const [sourceId, { source, isTold }] of this.sources) {
      if (!isTold) continue;
      const order = this.#told.get(sourceId);
      const toldW = order === undefined || order.lapsesAtMs <= this.#atMs ? 0n : order.watts;
      const mostW = source.store?.storedWh === 0n ? 0n : source.availableW;
      take(sourceId, toldW > mostW ? mostW : toldW);
    }
    for (const [sourceId, { source, isTold }] of this.sources) {
      if (isTold || source.kind === 'grid') continue;
      take(sourceId, leftW < 0n ? 0n : leftW < source.availableW ? leftW : source.availableW);
    }
    for (const [sourceId, { source }] of this.sources) if (source.kind === 'grid') take(sourceId, leftW);
    return outputs;
  }

  #load(loadId: string): PlantLoad {
    const load = this.loads.get(loadId);
    if (load === undefined) throw new Error(`the plant has no load ${loadId}`);
    return load;
  }

  #source(sourceId: string): PlantSource {
    const source = this.sources.get(sourceId);
    if (source === undefined) throw new Error(`the plant has no source ${sourceId}`);
    return source;
  }
}
