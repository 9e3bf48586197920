import { ReplayOutlet, SignedMeter, type RecordedSession } from '@roamgrid/station';
import type { BillSummary } from '@roamgrid/wire';
import { GatewayClient, GatewayRefusal } from '@roamgrid/station-kit';
import { keyObject } from '../system/key-ring.ts';
import { meterKeyName, stationKeyName } from '../system/register.ts';
import type { LocalSystem } from '../system/system.ts';
import type { UtilityDefinition } from '../system/consortium.ts';
import { outletKey } from './cast.ts';
import { timeline, type ReplayClock } from './timeline.ts';

/**
 * What is timed: a swipe answered by the home utility, one answered from the cached profile, a start, both together of who was not there before
 * and of who was, and a stop.
 */
export const STEPS = ['swipeHome', 'swipeCache', 'start', 'firstVisit', 'returning', 'stop'] as const;
export type Step = (typeof STEPS)[number];

/** Sums of bills. The bills themselves are not kept: a replay may be long. */
export class Billed {
  sessions = 0;
  totalMicros = 0n;
  energyWh = 0n;
  /** Months that sessions ended in. */
  readonly periodIds = new Set<string>();

  add({ totalMicros, energyWh, endMs }: BillSummary): void {
    this.sessions += 1;
    this.totalMicros += totalMicros;
    this.energyWh += energyWh;
    this.periodIds.add(new Date(endMs).toISOString().slice(0, 7));
  }
}

/** What became of the sessions. */
export interface Driven {
  readonly billed: Readonly<Billed>;
  /** Why the system refused sessions, and how many. */
  readonly refusals: ReadonlyMap<string, number>;
  readonly authorisedBy: { home: number; cache: number };
  readonly latencyMs: Readonly<Record<Step, readonly number[]>>;
  readonly wallMs: number;
}

export interface DriveOptions {
  readonly clock: ReplayClock;
  readonly cins: readonly string[];
  /** Requests under way at most. */
  readonly inFlight: number;
  /** How many times faster than the wall the recorded time passes at most; infinite for as fast as it goes. */
  readonly speedUp: number;
  readonly progress: (done: number, of: number) => void;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Live the recorded sessions again at the visited utility's gateway, in the order of their time. */
export async function drive(
  system: LocalSystem,
  visited: UtilityDefinition,
  evseIdOf: ReadonlyMap<string, string>,
  sessions: readonly RecordedSession[],
  options: DriveOptions,
): Promise<Driven> {
  const outlets = replayOutlets(system, visited);
  const billed = new Billed();
  const refusals = new Map<string, number>();
  const refuse = (code: string) => refusals.set(code, (refusals.get(code) ?? 0) + 1);
  const authorisedBy = { home: 0, cache: 0 };
  const latencyMs: Record<Step, number[]> = {
    ...{ swipeHome: [], swipeCache: [], start: [] },
    ...{ firstVisit: [], returning: [], stop: [] },
  };
  const charging = new Map<string, string>();
  const lastAt = new Map<string, Promise<void>>();
  const underWay = new Set<Promise<void>>();
  const happenings = timeline(sessions);
  const cinOf = new Map(
    sessions.map(({ sessionId }, i) => [sessionId, options.cins[i % options.cins.length] ?? '']),
  );
  const beganMs = performance.now();
  const firstMs = happenings[0]?.atMs ?? 0;

  const live = async (
    kind: 'arrive' | 'leave',
    session: RecordedSession,
    outlet: ReplayOutlet,
  ): Promise<void> => {
    const { sessionId } = session;
    try {
      if (kind === 'arrive') {
        const arrival = await outlet.arrive(session, cinOf.get(sessionId) ?? '');
        if (arrival.outcome === 'refused') {
          refuse(arrival.refusal.code);
          return;
        }
        charging.set(sessionId, arrival.sessionId);
        authorisedBy[arrival.offer.authorisedBy] += 1;
        const { swipeMs, startMs } = arrival.times;
        const isFirst = arrival.offer.authorisedBy === 'home';
        latencyMs[isFirst ? 'swipeHome' : 'swipeCache'].push(swipeMs);
        latencyMs.start.push(startMs);
        latencyMs[isFirst ? 'firstVisit' : 'returning'].push(swipeMs + startMs);
        return;
      }
      const running = charging.get(sessionId);
      if (running === undefined) return;
      charging.delete(sessionId);
      const stoppedMs = performance.now();
      billed.add(await outlet.leave(session, running));
      latencyMs.stop.push(performance.now() - stoppedMs);
    } catch (error) {
      if (!(error instanceof GatewayRefusal)) throw error;
      refuse(error.code);
    }
  };

  for (const [i, { atMs, kind, session }] of happenings.entries()) {
    const dueMs = (atMs - firstMs) / options.speedUp - (performance.now() - beganMs);
    if (dueMs > 0) await pause(dueMs);
    while (underWay.size >= options.inFlight || !options.clock.admits(atMs)) await Promise.race(underWay);
    const key = outletKey(session);
    const outlet = outlets.get(evseIdOf.get(key) ?? '');
    if (!outlet) throw new Error(`no outlet for ${key}`);
    const done = options.clock.begin(atMs);
    // What happens at one outlet happens one after the other.
    const before = lastAt.get(key) ?? Promise.resolve();
    const step: Promise<void> = before
      .then(() => live(kind, session, outlet))
      .finally(() => {
        done();
        underWay.delete(step);
      });
    lastAt.set(key, step);
    underWay.add(step);
    if (i % 200 === 0) options.progress(i, happenings.length);
  }
  await Promise.all(underWay);
  options.clock.finish((happenings.at(-1)?.atMs ?? 0) + 60_000);
  return { billed, refusals, authorisedBy, latencyMs, wallMs: performance.now() - beganMs };
}

function replayOutlets(system: LocalSystem, visited: UtilityDefinition): ReadonlyMap<string, ReplayOutlet> {
  const { gateway } = system.utility(visited.utilityId);
  return new Map(
    visited.stations.flatMap((station) => {
      const stationKey = system.keys.key(stationKeyName(station.stationId));
      const identity = {
        stationId: station.stationId,
        utilityId: visited.utilityId,
        keyId: stationKey.kid,
        key: keyObject(stationKey),
      };
      const client = new GatewayClient(gateway.url, identity, { timeoutMs: 60_000 });
      return station.outlets.map(({ evseId, meterId }): [string, ReplayOutlet] => {
        const meter = new SignedMeter({
          meterId,
          evseId,
          gatewaySerial: station.stationId,
          key: keyObject(system.keys.key(meterKeyName(meterId))),
        });
        return [evseId, new ReplayOutlet(identity, evseId, meter, client)];
      });
    }),
  );
}
