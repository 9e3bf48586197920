import {
  interimAnswer,
  interimReport,
  sessionOpenBody,
  startRequest,
  type InterimAnswer,
  type MeterReading,
  type SessionOpenBody,
  type StartRequest,
} from '@roamgrid/wire';
import { unwrap } from '@roamgrid/domain';
import type { Kysely } from 'kysely';
import { gatewayError } from '../problems.ts';
import type { GatewayDb } from '../store/schema.ts';
import { joinReadings } from './readings.ts';

/** A session of this gateway's stations, as it stands. */
export interface Charge {
  readonly sessionId: string;
  readonly stationId: string;
  readonly open: SessionOpenBody;
  readonly openText: string;
  readonly start: StartRequest;
  readonly energyLimitWh: bigint;
  /** `ending`: over at the station, which has yet to bring an end that can be used. */
  state: 'starting' | 'charging' | 'ending' | 'stopped' | 'refused' | 'unrecorded';
  revoked: boolean;
  readings: readonly MeterReading[];
  readonly answered: Map<number, InterimAnswer>;
}

/** Sessions that run are kept in memory: an interim report must not read its session anew. */
export class Charges {
  readonly #db: Kysely<GatewayDb>;
  readonly #known = new Map<string, Charge>();

  constructor(db: Kysely<GatewayDb>) {
    this.#db = db;
  }

  put(charge: Charge): void {
    this.#known.set(charge.sessionId, charge);
  }

  /** The session must end at its next report. */
  revoke(sessionId: string): void {
    const charge = this.#known.get(sessionId);
    if (charge !== undefined) charge.revoked = true;
  }

  /** Drops a session from memory; the database keeps it. */
  release(sessionId: string): void {
    this.#known.delete(sessionId);
  }

  /** @throws ServiceError SESSION_UNKNOWN, also for a session of another station. */
  async get(sessionId: string, stationId: string): Promise<Charge> {
    const charge = this.#known.get(sessionId) ?? (await this.#load(sessionId));
    if (charge?.stationId !== stationId) {
      throw gatewayError('SESSION_UNKNOWN', `there is no session ${sessionId} at this station`);
    }
    this.#known.set(sessionId, charge);
    return charge;
  }

  async #load(sessionId: string): Promise<Charge | undefined> {
    const [row, reports] = await Promise.all([
      this.#db.selectFrom('charge').selectAll().where('session_id', '=', sessionId).executeTakeFirst(),
      this.#db
        .selectFrom('report')
        .select(['sequence', 'report', 'answer'])
        .where('session_id', '=', sessionId)
        .orderBy('sequence')
        .execute(),
    ]);
    if (row === undefined) return undefined;
    const start = startRequest.parse(row.start_request);
    const readings = reports.flatMap(({ report }) => interimReport.parse(report).readings);
    return {
      sessionId,
      stationId: row.station_id,
      open: sessionOpenBody.parse(JSON.parse(row.open_body)),
      openText: row.open_body,
      start,
      energyLimitWh: row.energy_limit_wh,
      state: row.state,
      revoked: row.revoked,
      // They were joined before they were kept.
      readings: unwrap(joinReadings([start.start], readings)),
      answered: new Map(reports.map(({ sequence, answer }) => [sequence, interimAnswer.parse(answer)])),
    };
  }
}
