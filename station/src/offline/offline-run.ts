import {
  capSchedules,
  costMicros,
  type EndReason,
  type OfflineSession,
  scheduleOf,
  type CapProfile,
} from '@roamgrid/offline';
import { nextScheduleChangeMs, scheduledLimitW, type ChargingSchedule } from '@roamgrid/domain/power';
import { energyOfGain, MILLI_WH_PER_WH } from '@roamgrid/wire';
import { passStep } from '../agent/charge.ts';
import type { SharedOutlet } from '../agent/shared-outlet.ts';
import { FaultDetector } from '../bay/fault-detector.ts';
import { milliWhShown } from '../meter/signed-meter.ts';
import type { Battery } from '../vehicle/battery.ts';

export interface OfflineRunInputs {
  readonly outlet: SharedOutlet;
  readonly session: OfflineSession;
  /** Time of day at its begin. */
  readonly beganMs: number;
  /** Grows with time and nothing else: whoever sets a clock meanwhile makes nobody pay for it. */
  readonly uptimeMs: () => number;
  readonly battery: Battery;
  /** Aborted to end it. */
  readonly signal: AbortSignal;
  /** So long it has lasted: keep it, so that a power cut does not lose it. */
  readonly keep: (lastedMs: number) => void;
}

/** Caps that hold from so long after a session's begin. */
interface Capped {
  readonly fromMs: number;
  readonly schedules: readonly ChargingSchedule[];
}

export interface RunEnd {
  readonly reason: EndReason;
  readonly lastedMs: number;
  readonly faults: readonly string[];
}

const MS_PER_S = 1_000;
const WMS_PER_MILLI_WH = 3_600n;

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** The longest whole ms from 0 to `mostMs` for which something holds that once it fails fails for all that is longer. */
const longest = (mostMs: number, holds: (ms: number) => boolean): number => {
  if (holds(mostMs)) return mostMs;
  let [good, bad] = [0, mostMs];
  while (bad - good > 1) {
    const middle = good + ((bad - good) >> 1);
    if (holds(middle)) good = middle;
    else bad = middle;
  }
  return good;
};

/** One session by the door that needs no network, from closed to open contactor: it ends at whichever limit comes first, and passes none. */
export class OfflineRun {
  readonly #inputs: OfflineRunInputs;
  readonly #detector: FaultDetector;
  readonly #fromMilliWh: bigint;
  readonly #mostMs: number;
  readonly #schedules: readonly ChargingSchedule[];
  /** Caps by when they began to hold, after the begin: the latest holds. */
  #capped: readonly Capped[];
  readonly #beganAt: number;
  #lastMs = 0;

  constructor(inputs: OfflineRunInputs) {
    this.#inputs = inputs;
    const { outlet, session, beganMs } = inputs;
    this.#detector = new FaultDetector(outlet.bay.ratedMilliA);
    this.#fromMilliWh = outlet.memory.meter.registerMilliWh;
    const { profile, caps, endsS, lastsS = Infinity } = session;
    this.#capped = [{ fromMs: 0, schedules: capSchedules(caps) }];
    this.#beganAt = inputs.uptimeMs();
    this.#mostMs = Math.max(0, Math.min(endsS * MS_PER_S - beganMs, lastsS * MS_PER_S));
    this.#schedules = profile === undefined ? [] : [scheduleOf(profile, beganMs)];
  }

  /** From now on these hold in place of those before, also in the middle of a step. */
  cap(caps: CapProfile | undefined): void {
    const fromMs = this.#inputs.uptimeMs() - this.#beganAt;
    this.#capped = [...this.#capped, { fromMs, schedules: capSchedules(caps) }];
  }

  async run(): Promise<RunEnd> {
    const { bay, supply, clock } = this.#inputs.outlet;
    bay.closeContactor();
    supply.flow = { battery: this.#inputs.battery };
    try {
      return await this.#charge();
    } catch {
      // What cannot be kept any more is ended while it is known.
      return this.#end('fault', ['outlet']);
    } finally {
      supply.flow = undefined;
      bay.openContactor(clock.nowMs());
    }
  }

  #end(reason: EndReason, faults: readonly string[] = []): RunEnd {
    return { reason, lastedMs: this.#lastMs, faults };
  }

  async #charge(): Promise<RunEnd> {
    const { outlet, uptimeMs, signal, keep } = this.#inputs;
    const { bay, clock, supply, timing } = outlet;
    let keptMs = 0;
    for (;;) {
      await passStep({ clock, bay, signal }, Math.min(timing.stepMs, this.#mostMs - this.#lastMs));
      const passedMs = uptimeMs() - this.#beganAt;
      const nowMs = clock.nowMs();
      const fault = this.#detector.judge(
        bay.signals({ atMs: nowMs, powerW: this.#flowingW(passedMs, supply.limitW(nowMs)) }),
      );
      // What a meter counts while it fails is not counted against the driver.
      if (fault === 'meter-error') return this.#end('fault', [fault]);
      const untilMs = Math.min(passedMs, this.#mostMs);
      for (const part of supply.partsOf(nowMs - (passedMs - this.#lastMs), nowMs)) {
        const partEndMs = Math.min(untilMs, passedMs - (nowMs - part.untilMs));
        const reached = this.#take(this.#lastMs, partEndMs, part.limitW);
        this.#lastMs = reached.atMs;
        if (reached.limit !== undefined) return this.#end(reached.limit);
      }
      if (fault === 'cable-out') return this.#end('unplugged');
      if (fault !== undefined) return this.#end('fault', [fault]);
      if (passedMs >= this.#mostMs) return this.#end('time');
      if (signal.aborted) return this.#end('stopped');
      if (this.#lastMs - keptMs < timing.readingEveryMs) continue;
      keep(this.#lastMs);
      keptMs = this.#lastMs;
    }
  }

  /** What flows so long after the begin under a limit of the site, and under the session's own profile. */
  #flowingW(lastedMs: number, limitW: bigint): bigint {
    const { battery, beganMs } = this.#inputs;
    const atMs = beganMs + lastedMs;
    const { schedules: caps = [] } = this.#capped.findLast(({ fromMs }) => fromMs <= lastedMs) ?? {};
    const capW = scheduledLimitW(caps, atMs) ?? limitW;
    const ownW = scheduledLimitW(this.#schedules, atMs) ?? limitW;
    return battery.powerW(least(limitW, least(ownW, capW)));
  }

  /** When its profile or caps next say something else, after the begin; caps that came later are such a change. */
  #changesMs(lastedMs: number): number {
    const { beganMs } = this.#inputs;
    const later = this.#capped.filter(({ fromMs }) => fromMs > lastedMs).map(({ fromMs }) => fromMs);
    const caps = this.#capped.findLast(({ fromMs }) => fromMs <= lastedMs)?.schedules ?? [];
    const said = nextScheduleChangeMs([...this.#schedules, ...caps], beganMs + lastedMs) ?? Infinity;
    return Math.min(said - beganMs, ...later);
  }

  /** Takes what flows from one instant to another under one limit of the site, and under what the profile says of each instant. */
  #take(fromMs: number, untilMs: number, limitW: bigint): { atMs: number; limit?: 'energy' | 'cost' } {
    const { outlet, battery } = this.#inputs;
    const { meter } = outlet.memory;
    let atMs = fromMs;
    while (atMs < untilMs) {
      const partMs = Math.min(untilMs, this.#changesMs(atMs)) - atMs;
      const powerW = this.#flowingW(atMs, limitW);
      const { registerWms } = meter.state;
      const after = (ms: number) => this.#limitPassed(registerWms + powerW * BigInt(ms), atMs + ms);
      const flowsMs = longest(partMs, (ms) => after(ms) === undefined);
      meter.advance(battery.charge(powerW, flowsMs));
      atMs += flowsMs;
      // Nothing more flows once another millisecond would pass a limit.
      const limit = after(flowsMs + 1);
      if (limit !== undefined) return { atMs, limit };
    }
    return { atMs };
  }

  /** The limit that would be passed by such a register after so long. */
  #limitPassed(registerWms: bigint, lastedMs: number): 'energy' | 'cost' | undefined {
    const { mostWh, mostMicros, price } = this.#inputs.session;
    if (registerWms > (this.#fromMilliWh + mostWh * MILLI_WH_PER_WH) * WMS_PER_MILLI_WH) return 'energy';
    const energyWh = energyOfGain(milliWhShown(registerWms) - this.#fromMilliWh);
    return costMicros(price, energyWh, BigInt(lastedMs)) > mostMicros ? 'cost' : undefined;
  }
}
