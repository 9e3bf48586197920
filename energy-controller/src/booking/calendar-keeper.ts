import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '@roamgrid/service-kit';
import { stationCalendar, type JobStatus, type StationCalendar, type StationTask } from '@roamgrid/wire';
import type { CabinetJobs, LoadAdapter } from '../adapters/adapter.ts';
import type { GatewayDoor } from '../gateway/gateway-door.ts';
import type { Requests } from '../site/requests.ts';
import type { BookingConfig } from './config.ts';
import { mergedTasks, taskOfJob, taskOfRequest } from './own-tasks.ts';
import { BY_GATEWAY } from './reserved.ts';

export interface CalendarParts {
  readonly siteId: string;
  readonly config: BookingConfig;
  readonly calendar: NonNullable<BookingConfig['calendar']>;
  readonly loads: readonly LoadAdapter[];
  readonly requests: Requests;
  readonly door: GatewayDoor;
  readonly nowMs: () => number;
  readonly log: Logger;
}

/** How often a calendar is read and written anew in one look, because somebody else was faster. */
const MOST_TRIES = 8;
const LIST_MS = 5_000;

interface Found {
  readonly job: JobStatus;
  readonly cabinet: CabinetJobs;
}

/**
 * Keeps what takes power at a site in its station's calendar, by which its utility's gateway answers drivers, and carries out what bookings
 * there moved: a job goes on at another station's cabinet when it is time. It writes from the version that it read, so that nothing that an
 * operator or a booking wrote meanwhile is lost, and its own tasks alone. Nothing of it is kept here: jobs are the cabinets', moves the calendar's.
 */
export class CalendarKeeper {
  readonly #parts: CalendarParts;

  constructor(parts: CalendarParts) {
    this.#parts = parts;
  }

  async look(): Promise<void> {
    const { log } = this.#parts;
    let found: ReadonlyMap<string, Found>;
    try {
      found = await this.#jobs();
    } catch (err) {
      // What it does not know, it does not say; the calendar stays as it was.
      log.warn({ err }, 'a cabinet does not say which jobs it has: the station’s calendar stays as it is');
      return;
    }
    const tasks = await this.#write(found);
    for (const task of tasks ?? []) await this.#moveWhenDue(task, found.get(task.taskId));
  }

  async #jobs(): Promise<ReadonlyMap<string, Found>> {
    const found = new Map<string, Found>();
    for (const { jobs: cabinet } of this.#parts.loads) {
      if (cabinet === undefined) continue;
      for (const job of await cabinet.list(AbortSignal.timeout(LIST_MS)))
        found.set(job.jobId, { job, cabinet });
    }
    return found;
  }

  /** @returns the tasks as they stand now; undefined while the gateway is away */
  async #write(found: ReadonlyMap<string, Found>): Promise<readonly StationTask[] | undefined> {
    const { siteId, calendar, config, requests, nowMs, log } = this.#parts;
    const rules = { siteId, nowMs: nowMs(), mayRestart: calendar.mayRestart };
    const asked = requests.open.filter(({ operator }) => operator !== BY_GATEWAY);
    const own = {
      known: new Set(found.keys()),
      tasks: [
        ...[...found.values()].flatMap(({ job }) => taskOfJob(job, rules)),
        ...asked.map((request) => taskOfRequest(request, rules, config.aheadMs)),
      ],
    };
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const now = await this.#ask('GET');
      if (now === 'again' || now === undefined) return undefined;
      const tasks = mergedTasks(now.tasks, own, rules);
      if (isDeepStrictEqual(tasks, now.tasks)) return tasks;
      const written = await this.#ask('PUT', { ...now, tasks: [...tasks] });
      if (written !== 'again') return written?.tasks;
    }
    log.warn({ siteId }, 'the station’s calendar is written by somebody else all the time: at the next look');
    return undefined;
  }

  async #ask(method: 'GET' | 'PUT', said?: StationCalendar): Promise<StationCalendar | 'again' | undefined> {
    const { door, config, log } = this.#parts;
    const path = `/operator/v1/stations/${config.stationId}/calendar`;
    const body = said && stationCalendar.encode(said);
    const asked = await door.ask({ method, path, answer: stationCalendar, ...(body && { body }) });
    if (asked.ok) return asked.value;
    const { failure } = asked;
    if (failure.kind === 'problem' && failure.problem.code === 'VERSION_OLD') return 'again';
    const why = failure.kind === 'problem' ? failure.problem.code : failure.kind;
    log.warn({ why, stationId: config.stationId }, 'the station’s calendar cannot be had');
    return undefined;
  }

  async #moveWhenDue({ taskId, by, movesTo }: StationTask, found: Found | undefined): Promise<void> {
    const { siteId, calendar, nowMs, log } = this.#parts;
    if (by !== siteId || movesTo === undefined || movesTo.fromMs > nowMs() || found === undefined) return;
    const to = calendar.cabinets.find(({ stationId }) => stationId === movesTo.stationId)?.cabinetId;
    const told = { jobId: taskId, stationId: movesTo.stationId };
    if (to === undefined) {
      log.warn(told, 'a booking moved a job to a station whose cabinet is not configured: it stays');
      return;
    }
    try {
      await found.cabinet.move(taskId, { to, mayRestart: calendar.mayRestart });
      log.info({ ...told, to }, 'a job goes on elsewhere, as a booking has it');
    } catch (err) {
      log.warn({ err, ...told, to }, 'a job could not be moved yet, as a booking has it');
    }
  }
}
