import { divide } from '@roamgrid/domain';
import type { homeInterim } from '@roamgrid/wire';
import {
  energyOfGain,
  interimAnswer,
  interimReport,
  MILLI_WH_PER_WH,
  type InterimAnswer,
  type InterimReport,
  type MeterReading,
} from '@roamgrid/wire';
import type { z } from 'zod';
import { gatewayError } from '../problems.ts';
import type { Charge, Charges } from './charges.ts';
import type { StationContext } from './context.ts';
import { noteOf } from './notes.ts';
import { ASK_AHEAD } from './offer.ts';
import { joinReadings } from './readings.ts';
import { runningMicrosOf } from './running.ts';
import type { Serial } from './serial.ts';

type HomeInterim = z.output<typeof homeInterim>;
type StopWhy = NonNullable<InterimAnswer['reason']>;

const MS_PER_HOUR = 3_600_000n;

/** The next report may come this much later than it is due, parts of the interval. */
const LATENESS = 2n;

/** Interim accounting: keeps what a station reports, relays it, and says whether to go on (ROAM-5). */
export class ReportDesk {
  readonly #context: StationContext;
  readonly #charges: Charges;
  readonly #serial: Serial;

  constructor(context: StationContext, charges: Charges, serial: Serial) {
    this.#context = context;
    this.#charges = charges;
    this.#serial = serial;
  }

  report(stationId: string, sessionId: string, report: InterimReport): Promise<InterimAnswer> {
    return this.#serial.run(sessionId, () => this.#report(stationId, sessionId, report));
  }

  async #report(stationId: string, sessionId: string, report: InterimReport): Promise<InterimAnswer> {
    const charge = await this.#charges.get(sessionId, stationId);
    const told = charge.answered.get(report.sequence);
    if (told !== undefined) return told;
    // A station that was silent may come back while its end would still be taken.
    if (charge.state !== 'charging' && charge.state !== 'ending')
      throw gatewayError('SESSION_ENDED', `session ${sessionId} is ${charge.state}`);
    const joined = joinReadings(charge.readings, report.readings);
    if (!joined.ok) throw gatewayError('READINGS_INVALID', joined.error.message);
    const readings = joined.value;
    const runningMicros = runningMicrosOf(this.#context, charge, readings);
    const interim = interimOf(report, readings, runningMicros);
    const relayed = await this.#context.router.report(sessionId, interim);
    if (relayed.kind === 'taken' && relayed.value.command === 'stop') charge.revoked = true;
    const why = this.#whyStop(charge, readings, report, runningMicros);
    const answer: InterimAnswer = {
      sequence: report.sequence,
      command: why === undefined ? 'continue' : 'stop',
      ...(why === undefined ? {} : { reason: why }),
      runningMicros,
      ...(why === undefined && this.#isLimitNear(charge, readings, report.powerW) && { limitNear: true }),
    };
    await this.#keep(charge, report, answer, relayed.kind !== 'later');
    charge.readings = readings;
    charge.answered.set(report.sequence, answer);
    return answer;
  }

  async #keep(charge: Charge, report: InterimReport, answer: InterimAnswer, relayed: boolean): Promise<void> {
    const { sessionId, open } = charge;
    await this.#context.batcher.accepting(async (trx, accept) => {
      await trx
        .insertInto('report')
        .values({
          session_id: sessionId,
          sequence: report.sequence,
          report: JSON.stringify(interimReport.encode(report)),
          answer: JSON.stringify(interimAnswer.encode(answer)),
          relayed,
        })
        .onConflict((conflict) => conflict.columns(['session_id', 'sequence']).doNothing())
        .execute();
      if (charge.revoked) {
        await trx.updateTable('charge').set({ revoked: true }).where('session_id', '=', sessionId).execute();
      }
      const last = report.readings.at(-1);
      if (last === undefined) return;
      await accept({
        kind: 'note',
        sessionId,
        agreementId: open.quote.agreementId,
        payload: noteOf(sessionId, report.sequence, last, report.socPpm),
      });
    });
  }

  #whyStop(
    charge: Charge,
    readings: readonly MeterReading[],
    report: InterimReport,
    runningMicros: bigint,
  ): StopWhy | undefined {
    if (charge.revoked) return 'revoked';
    const opening = this.#context.batcher.openingOf(charge.sessionId);
    if (opening === 'overdue' || opening === 'refused') return 'ledger-unavailable';
    const [first] = readings;
    const last = readings.at(-1);
    if (first === undefined || last === undefined) return undefined;
    // A car that has what was agreed and takes no more may stay: that is parking, up to the cap.
    const leftMilliWh =
      charge.energyLimitWh * MILLI_WH_PER_WH - (last.registerMilliWh - first.registerMilliWh);
    if (leftMilliWh < 0n || (leftMilliWh === 0n && report.powerW > 0n)) return 'limit';
    const { capMicros } = charge.open.quote;
    if (runningMicros >= capMicros) return 'limit';
    // The bill must be under the cap when the station stops, not when it is told to: look one late report ahead.
    const reach = this.#reachable(charge, readings, last, report.powerW, LATENESS);
    return reach > capMicros ? 'limit' : undefined;
  }

  /** Whether energy or cap would be used up by the time of a few more reports. */
  #isLimitNear(charge: Charge, readings: readonly MeterReading[], powerW: bigint): boolean {
    const [first] = readings;
    const last = readings.at(-1);
    if (first === undefined || last === undefined) return false;
    const aheadMs = BigInt(this.#context.settings.reportEveryMs) * ASK_AHEAD;
    const gained = divide(powerW * aheadMs * MILLI_WH_PER_WH, MS_PER_HOUR, 'up');
    const left = charge.energyLimitWh * MILLI_WH_PER_WH - (last.registerMilliWh - first.registerMilliWh);
    if (gained >= left) return true;
    return this.#reachable(charge, readings, last, powerW, ASK_AHEAD) > charge.open.quote.capMicros;
  }

  /** Total if the car goes on at its power for so many more reports. */
  #reachable(
    charge: Charge,
    readings: readonly MeterReading[],
    last: MeterReading,
    powerW: bigint,
    reports: bigint,
  ): bigint {
    const aheadMs = BigInt(this.#context.settings.reportEveryMs) * reports;
    const [first] = readings;
    const limitMilliWh = charge.energyLimitWh * MILLI_WH_PER_WH;
    const left = limitMilliWh - (last.registerMilliWh - (first?.registerMilliWh ?? 0n));
    const gained = divide(powerW * aheadMs * MILLI_WH_PER_WH, MS_PER_HOUR, 'up');
    const next: MeterReading = {
      atMs: last.atMs + Number(aheadMs),
      registerMilliWh: last.registerMilliWh + (gained < left ? gained : left),
      charging: last.charging,
    };
    return runningMicrosOf(this.#context, charge, [...readings, next]);
  }
}

const interimOf = (
  { sequence, powerW }: InterimReport,
  readings: readonly MeterReading[],
  runningMicros: bigint,
): HomeInterim => {
  const first = readings[0];
  const last = readings.at(-1);
  if (first === undefined || last === undefined) throw new Error('a report has readings');
  const energyWh = energyOfGain(last.registerMilliWh - first.registerMilliWh);
  return { sequence, atMs: last.atMs, energyWh, powerW, runningMicros };
};
