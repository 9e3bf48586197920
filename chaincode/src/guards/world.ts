import assert from 'node:assert/strict';
import { GatewayError } from '@hyperledger/fabric-gateway';
import type { JsonValue } from '@roamgrid/wire';
import { Lane } from '../testing/lane.ts';
import { refusalOf, type Contracts } from '../testing/live-ledger.ts';
import { by, call, groundwork, makeKey, MSP, SET_UP_MS, station } from '../testing/parties.ts';
import { closeSession, type CloseOptions, type ClosedSession } from '../testing/closed.ts';
import { openSession, type OpenedSession, type OpenOptions, type Site } from '../testing/opened.ts';

/** A consortium on a ledger whose guards are tested: each test has a station, a group and a lane of its own. */

type Parts = Parameters<typeof call>[0];

/** Organisations of the two parties: each runs an endorser of its own. */
export const PARTIES = [MSP.USALP, MSP.USDUK];

export interface Place {
  readonly site: Site;
  readonly group: string;
  readonly lane: Lane;
}

export class World {
  readonly #contracts: Contracts;
  #places = 0;

  constructor(contracts: Contracts) {
    this.#contracts = contracts;
  }

  async setUp(): Promise<void> {
    for (const step of groundwork()) await this.tell(step);
  }

  /** Tells a command that both parties endorse, or others. */
  async tell(parts: Parts, organizations: readonly string[] = PARTIES): Promise<JsonValue> {
    try {
      return await this.#contracts.submit(call(parts), organizations);
    } catch (cause) {
      if (!(cause instanceof GatewayError)) throw cause;
      const said = cause.details.map(({ message }) => message).join('; ');
      throw new Error(`${parts.verb} is refused: ${said}`, { cause });
    }
  }

  /** What would stand in a block. */
  envelopeOf(parts: Parts): Promise<Uint8Array> {
    return this.#contracts.endorse(call(parts), PARTIES);
  }

  ask(verb: string, command: JsonValue): Promise<JsonValue> {
    return this.#contracts.evaluate({ caller: by('USALP', 'auditor'), verb, command });
  }

  /** Each party's endorser, asked alone, refuses with this code. */
  async refuses(parts: Parts, code: string): Promise<void> {
    for (const organization of PARTIES) {
      const endorsed = this.#contracts.endorse(call(parts), [organization]);
      assert.equal(await refusalOf(endorsed), code, organization);
    }
  }

  /** A further station with one outlet, in a group of its own or a given one. */
  async place(over: Readonly<Record<string, JsonValue>> = {}): Promise<Place> {
    this.#places += 1;
    const name = this.#places.toString();
    const group = `p${name}`;
    const site: Site = {
      stationId: `station-${name}`,
      evseId: `US*DUK*E9${name}*1`,
      meterId: `meter-${name}`,
      station: makeKey(`station-${name}`),
      meter: makeKey(`meter-${name}`),
    };
    await this.register(site, group, over);
    return { site, group, lane: new Lane(`USDUK-USALP-${group}`) };
  }

  /** What registers a station as it stands now. */
  registration(
    { stationId, evseId, meterId, meter, station: signer }: Site,
    group: string,
    nowMs = SET_UP_MS,
  ) {
    const evses = [{ evseId, meterId, meterKey: { ...meter.jwk }, maxPowerW: '150000' }];
    const stated = { ...station(), stationId, group, evses, signingKey: { ...signer.jwk } };
    return {
      caller: by('USDUK', 'operator'),
      verb: 'consortium.registerStation',
      command: { station: stated },
      nowMs,
    };
  }

  async register(
    site: Site,
    group: string,
    over: Readonly<Record<string, JsonValue>> = {},
    nowMs = SET_UP_MS,
  ): Promise<void> {
    const parts = this.registration(site, group, nowMs);
    await this.tell({ ...parts, command: { station: { ...parts.command.station, ...over } } });
  }

  /** Sessions that opened at the place, in one opening. */
  async opened(
    { site, lane }: Place,
    numbers: readonly number[],
    options: OpenOptions = {},
    nowMs?: number,
  ): Promise<readonly OpenedSession[]> {
    const sessions = await Promise.all(
      numbers.map((number) => openSession(number, { site, lane: lane.laneId, ...options })),
    );
    await this.tell({ ...lane.open(sessions), ...(nowMs !== undefined && { nowMs }) });
    return sessions;
  }

  /** One session that opened at the place and has ended, not settled yet. */
  async ended(
    place: Place,
    open: OpenOptions = {},
    close: CloseOptions = {},
    nowMs?: number,
  ): Promise<ClosedSession> {
    const [session] = await this.opened(place, [1], open, nowMs);
    assert.ok(session);
    return closeSession(session, close);
  }

  /** Settles sessions and lets the lane know. */
  async settled({ lane }: Place, batchId: string, closed: readonly ClosedSession[]): Promise<void> {
    await this.tell(lane.settle(batchId, closed));
    lane.settled(closed);
  }
}

/** One row of the threat model, shown against the two parties' endorsers. */
export interface GuardTest {
  readonly id: string;
  /** A sentence that says what holds. */
  readonly title: string;
  readonly run: (world: World) => Promise<void>;
}
