import { createPrivateKey, type KeyObject } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  mustReadDurable,
  privateFolder,
  readDurable,
  renameDurably,
  writeDurably,
} from '@roamgrid/service-kit/runtime';
import { signedInterval, signOcmf, type MeterJwk, type SignedInterval } from '@roamgrid/wire';
import { z } from 'zod';
import type { AgentConfig } from '../config.ts';

/** Microjoules of a milliwatt-hour. */
const MICRO_J = 3_600_000n;
/** What runs since the last write is not in the register of an agent that was killed: nobody is billed for it. */
const KEEP_EVERY_MS = 10_000;
/** Intervals of one answer. */
const MOST_INTERVALS = 1_000;

const kept = z.strictObject({
  microJ: z.string().regex(/^\d+$/),
  page: z.int(),
  /** Of the interval that runs. */
  fromMs: z.int(),
  fromMilliWh: z.string().regex(/^\d+$/),
});

const day = z.array(signedInterval);

const dayName = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10);
const DAY_NAME = /^\d{4}-\d\d-\d\d$/;
const REMEDY = 'write the register of the last signed interval there';

/** The import register of the servers: it only grows, and signs what it showed at the end of each interval. */
export class EnergyRegister {
  readonly publicKey: MeterJwk;
  readonly #key: KeyObject;
  readonly #config: AgentConfig;
  readonly #basis: 'cpu-time-model' | 'rapl';
  readonly #folder: string;
  #microJ = 0n;
  #page = 0;
  #fromMs: number;
  #fromMilliWh = 0n;
  #keptAtMs: number;

  /** @throws when the register was spoiled or is missing: it must not begin at zero again */
  constructor(config: AgentConfig, basis: 'cpu-time-model' | 'rapl', nowMs: number) {
    this.#config = config;
    this.#basis = basis;
    const { d: _secret, ...jwk } = config.meter.key;
    this.publicKey = jwk;
    this.#key = createPrivateKey({ key: config.meter.key, format: 'jwk' });
    this.#folder = join(config.stateDir, 'energy');
    privateFolder(this.#folder);
    this.#fromMs = nowMs;
    this.#keptAtMs = nowMs;
    const file = join(this.#folder, 'register');
    if (!existsSync(file)) {
      if (this.#dayNames().length > 0) throw new Error(`JOURNAL_DAMAGED: there is no ${file}: ${REMEDY}`);
      this.keep(nowMs);
      return;
    }
    const before = kept.parse(JSON.parse(mustReadDurable(file, REMEDY)));
    this.#microJ = BigInt(before.microJ);
    this.#page = before.page;
    this.#fromMs = before.fromMs;
    this.#fromMilliWh = BigInt(before.fromMilliWh);
    this.#takeUpSigned();
  }

  get registerMilliWh(): bigint {
    return this.#microJ / MICRO_J; // down: the rest stays in the register
  }

  advance(microJ: bigint, nowMs: number): void {
    if (microJ < 0n) throw new RangeError('an import register never runs backwards');
    this.#microJ += microJ;
    const { intervalMs } = this.#config.meter;
    if (Math.floor(nowMs / intervalMs) > Math.floor(this.#fromMs / intervalMs)) this.#closeInterval(nowMs);
    else if (Math.abs(nowMs - this.#keptAtMs) >= KEEP_EVERY_MS) this.keep(nowMs);
  }

  keep(nowMs: number): void {
    this.#keptAtMs = nowMs;
    writeDurably(
      join(this.#folder, 'register'),
      JSON.stringify({
        microJ: this.#microJ.toString(),
        page: this.#page,
        fromMs: this.#fromMs,
        fromMilliWh: this.#fromMilliWh.toString(),
      }),
    );
  }

  /** Intervals that ended in a time, oldest first. */
  intervals(fromMs: number, toMs: number): readonly SignedInterval[] {
    const found: SignedInterval[] = [];
    for (const name of this.#dayNames()) {
      if (name < dayName(fromMs) || name > dayName(toMs)) continue;
      for (const interval of this.#day(name)) {
        if (interval.toMs <= fromMs || interval.toMs > toMs) continue;
        found.push(interval);
        if (found.length === MOST_INTERVALS) return found;
      }
    }
    return found;
  }

  /** Days on which intervals ended, in their order. */
  #dayNames(): readonly string[] {
    return readdirSync(this.#folder)
      .filter((name) => DAY_NAME.test(name))
      .sort();
  }

  /** What was signed on a day. A file that the disk spoiled is put aside for a person: its energy is then missing, and is seen to be. */
  #day(name: string): readonly SignedInterval[] {
    const file = join(this.#folder, name);
    if (!existsSync(file)) return [];
    const text = readDurable(file);
    if (text !== undefined) return day.parse(JSON.parse(text));
    renameDurably(file, `${file}.damaged`);
    return [];
  }

  /** Ends it at this reading. One in which the agent was away is longer than the others. */
  #closeInterval(nowMs: number): void {
    const toMilliWh = this.registerMilliWh;
    const [fromMs, fromMilliWh] = [this.#fromMs, this.#fromMilliWh];
    const { cabinetId, meter } = this.#config;
    const ocmf = signOcmf(
      {
        gateway: { model: 'Roamgrid compute agent', serial: cabinetId, version: '1' },
        meter: { vendor: 'Roamgrid', model: this.#basis, serial: meter.meterId, firmware: '1' },
        page: this.#page + 1,
        evseId: meter.evseId,
        sessionId: `compute-${cabinetId}-${fromMs}`,
        readings: [
          { atMs: fromMs, sync: 'S', transaction: 'B', registerMilliWh: fromMilliWh },
          { atMs: nowMs, sync: 'S', transaction: 'E', registerMilliWh: toMilliWh },
        ],
      },
      this.#key,
    );
    const name = dayName(nowMs);
    const interval: SignedInterval = {
      fromMs,
      toMs: nowMs,
      fromRegisterMilliWh: fromMilliWh,
      toRegisterMilliWh: toMilliWh,
      ocmf,
    };
    const intervals = [...this.#day(name), interval];
    writeDurably(join(this.#folder, name), JSON.stringify(z.encode(day, intervals)));
    this.#begin(interval);
    this.keep(nowMs);
  }

  #begin(after: SignedInterval): void {
    this.#page += 1;
    this.#fromMs = after.toMs;
    this.#fromMilliWh = after.toRegisterMilliWh;
  }

  /** An agent that was killed right after it signed finds what it signed, and signs none of it again. */
  #takeUpSigned(): void {
    const since = dayName(this.#fromMs);
    for (const name of this.#dayNames()) {
      if (name < since) continue;
      for (const interval of this.#day(name)) {
        if (interval.fromMs !== this.#fromMs) continue;
        this.#begin(interval);
        const signedMicroJ = interval.toRegisterMilliWh * MICRO_J;
        if (signedMicroJ > this.#microJ) this.#microJ = signedMicroJ;
      }
    }
  }
}
