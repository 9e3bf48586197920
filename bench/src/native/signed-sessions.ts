/** Sessions as home utilities, stations and meters sign them: what a gateway gets, outside of what is measured. */
import {
  closeSession,
  makeKey,
  openSession,
  type ClosedSession,
  type Site,
  type TestKey,
} from '@roamgrid/chaincode/testing';
import { bodyHash, type MeterReading } from '@roamgrid/wire';

const MINUTE_MS = 60_000;
/** A customer's profile is renewed after so long. */
const PROFILE_MS = 5 * 86_400_000;
/** Sessions of one outlet follow one another by so much. */
const SLOT_MS = 110 * MINUTE_MS;

/** What each session is made with. */
export interface SessionKind {
  /** Sessions that start on a kept profile, in percent. */
  readonly cachedPercent: number;
  /** Customers of a lane, each of whom has a profile. */
  readonly customers: number;
  /** Whether the meter signs for the consent; if not, the contracts verify the station's signature too. */
  readonly bound: boolean;
  /** Whether the driver's own device consents too. */
  readonly device: boolean;
}

/** A pseudo-random number that repeats: the same sessions in each run. */
const jitter = (number: number, factor: number, range: number): number => (number * factor) % range;

/** Readings of one session among many: each has its own energy and times. Registers go on from session to session. */
const readingsOf = (number: number, openedAtMs: number, startMilliWh: bigint): readonly MeterReading[] => {
  const durationMs = (20 + jitter(number, 37, 80)) * MINUTE_MS;
  let registerMilliWh = startMilliWh;
  return [0, 1, 2, 3, 4].map((index) => {
    if (index > 0 && index < 4)
      registerMilliWh += 5_000_000n + BigInt(jitter(number, 577 + index, 6_000)) * 1_000n;
    return { atMs: openedAtMs + (durationMs * index) / 4, registerMilliWh, charging: index < 3 };
  });
};

/** Makes the sessions of one lane, its sites in turn; what follows at an outlet follows in time and register. */
export class LaneSessions {
  readonly laneId: string;
  readonly #sites: readonly Site[];
  readonly #kind: SessionKind;
  readonly #firstMs: number;
  readonly #profiles = new Map<string, string>();
  readonly #device: TestKey = makeKey('driver-device');
  #made = 0;

  /** @param firstMs when the first session opens; later ones spread over hours from then. */
  constructor(laneId: string, sites: readonly Site[], kind: SessionKind, firstMs: number) {
    this.laneId = laneId;
    this.#sites = sites;
    this.#kind = kind;
    this.#firstMs = firstMs;
  }

  async next(): Promise<ClosedSession> {
    this.#made += 1;
    const number = this.#made;
    const round = Math.floor((number - 1) / this.#sites.length);
    const site = this.#sites[(number - 1) % this.#sites.length];
    if (site === undefined) throw new Error(`${this.laneId} has no stations`);
    const openedAtMs = this.#firstMs + round * SLOT_MS + jitter(number, 7, 9) * MINUTE_MS;
    const startMilliWh = 1_000_000_000n + BigInt(round) * 60_000_000n;
    const open = await this.#open(number, site, openedAtMs);
    return closeSession(open, {
      readings: readingsOf(number, openedAtMs, startMilliWh),
      ...(!this.#kind.bound && { unbound: true }),
    });
  }

  /** Customers who come again bring the same signed profile with them. */
  async #open(number: number, site: Site, openedAtMs: number) {
    const { cachedPercent, customers, device } = this.#kind;
    const common = {
      lane: this.laneId,
      site,
      openedAtMs,
      ...(device && { driverKey: this.#device }),
    };
    const cached = jitter(number, 61, 100) < cachedPercent;
    const customer = number % customers;
    const cinRef = bodyHash(`customer ${this.laneId} ${customer}`);
    if (!cached) return openSession(number, { ...common, authorisation: { cinRef }, body: { cinRef } });
    const week = Math.floor((openedAtMs - this.#firstMs) / PROFILE_MS);
    const validFromMs = this.#firstMs + week * PROFILE_MS - MINUTE_MS;
    const profileId = `profile-${this.laneId}-${customer}-${week}`;
    const profile = {
      cinRef,
      profileId,
      laneId: this.laneId,
      exposureMicros: 100_000_000n,
      maxSessions: 1_000,
      validFromMs,
      validUntilMs: validFromMs + PROFILE_MS + MINUTE_MS,
    };
    const evidence = this.#profiles.get(profileId);
    const opened = await openSession(number, {
      ...common,
      authorisedBy: 'cache',
      profile,
      body: { cinRef, ...(evidence !== undefined && { evidence }) },
    });
    this.#profiles.set(profileId, opened.body.evidence);
    return opened;
  }
}
