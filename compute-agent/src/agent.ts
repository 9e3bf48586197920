import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '@roamgrid/service-kit';
import type { PeerClient } from '@roamgrid/service-kit/peers';
import type { CabinetReading, ComputeEnergy, JobOrder, JobStatus } from '@roamgrid/wire';
import { Cabinet } from './cabinet/cabinet.ts';
import type { AgentConfig } from './config.ts';
import { EnergyRegister } from './energy/register.ts';
import { JobBook, type WriteWatch } from './jobs/book.ts';
import { allowedProgram, canLimit } from './jobs/launch.ts';
import { isOver } from './jobs/record.ts';
import { Runner } from './jobs/runner.ts';
import { statusOf } from './jobs/status.ts';
import { PowerDesk } from './power/desk.ts';
import { chooseQuota, type Quota } from './power/quota.ts';
import { openRapl } from './power/rapl.ts';
import { agentError } from './problems.ts';
import { checkRoom } from './transfer/arrive.ts';
import { Moves } from './transfer/moves.ts';

export interface AgentParts {
  readonly config: AgentConfig;
  readonly cabinets: ReadonlyMap<string, PeerClient>;
  /** Begins the tokens of this agent's runs: no two agents of a machine have the same. */
  readonly tokenPrefix: string;
  readonly cores: number;
  readonly nowMs: () => number;
  readonly ticksMs: () => number;
  readonly log: Logger;
  readonly onWrite?: WriteWatch;
}

/** One cabinet's jobs, power, energy and door, put together. */
export class Agent {
  readonly book: JobBook;
  readonly runner: Runner;
  readonly desk: PowerDesk;
  readonly moves: Moves;
  readonly cabinet: Cabinet;
  readonly register: EnergyRegister;
  readonly basis: 'cpu-time-model' | 'rapl';
  readonly #parts: AgentParts;
  readonly #quota: Quota;

  constructor(parts: AgentParts) {
    const { config, cabinets, tokenPrefix, cores, nowMs, ticksMs, log } = parts;
    this.#parts = parts;
    const { cabinetId, programs, stateDir, power, tickMs } = config;
    const rapl = power.rapl === undefined ? undefined : openRapl(power.rapl.folder);
    this.basis = rapl === undefined ? 'cpu-time-model' : 'rapl';
    this.#quota = chooseQuota(power.cgroup, tickMs, cores);
    this.book = new JobBook(stateDir, parts.onWrite);
    this.cabinet = new Cabinet({ config, nowMs, log });
    const register = new EnergyRegister(config, this.basis, nowMs());
    this.register = register;
    const shared = { book: this.book, nowMs, log };
    const runner = new Runner({ ...shared, programs, quota: this.#quota, tokenPrefix });
    this.runner = runner;
    const desk = new PowerDesk({
      ...{ config, book: this.book, runner, rapl, ticksMs, nowMs },
      onEnergy: (microJ) => {
        register.advance(microJ, nowMs());
      },
    });
    this.desk = desk;
    const share = (): void => {
      desk.share();
    };
    this.moves = new Moves({ ...shared, cabinetId, programs, runner, share, cabinets });
  }

  async recover(): Promise<void> {
    this.moves.recover();
    await this.runner.recover();
    this.desk.share();
  }

  tick(): void {
    this.desk.tick();
    this.cabinet.hear({ what: 'time' });
  }

  /** Takes a job, or knows it already. @throws ServiceError */
  submit(order: JobOrder): JobStatus {
    const { config, nowMs } = this.#parts;
    const known = this.book.of(order.jobId);
    if (known !== undefined) {
      if (!isDeepStrictEqual(known.order, order)) {
        throw agentError('JOB_DIFFERS', `${order.jobId} is another job here`);
      }
      return this.statusOf(order.jobId);
    }
    const program = allowedProgram(config.programs, order);
    if (typeof program === 'string') throw agentError('PROGRAM_NOT_ALLOWED', program);
    checkRoom(this.book, config);
    this.book.clearWork(order.jobId);
    this.book.keep({ order, arrivedMs: nowMs(), standing: 'here', hop: 0, runs: 0, cpuMs: 0 });
    this.desk.share();
    return this.statusOf(order.jobId);
  }

  /** @throws ServiceError */
  async cancel(jobId: string): Promise<JobStatus> {
    const record = this.book.of(jobId);
    if (record !== undefined && !isOver(record)) {
      if (record.standing !== 'here') {
        throw agentError(
          'WRONG_STATE',
          `${jobId} is ${record.standing}: wait until it is settled whose it is`,
        );
      }
      await this.runner.stop(jobId, 'cancelled', 'it was cancelled');
      this.desk.share();
    }
    return this.statusOf(jobId);
  }

  statuses(): readonly JobStatus[] {
    return this.book.all().map((record) => statusOf(record, this.runner, this.#parts.config.programs));
  }

  /** @throws ServiceError for an unknown one */
  statusOf(jobId: string): JobStatus {
    const record = this.book.of(jobId);
    if (record === undefined) throw agentError('JOB_UNKNOWN', `${jobId} is not known here`);
    return statusOf(record, this.runner, this.#parts.config.programs);
  }

  reading(): CabinetReading {
    const { config, nowMs } = this.#parts;
    return {
      cabinetId: config.cabinetId,
      measuredAtMs: nowMs(),
      measuredW: this.desk.measuredW,
      grantedW: this.desk.grantedW,
      state: this.desk.state,
      claims: [...this.desk.claims()],
      facts: {
        ...this.cabinet.facts,
        watts:
          this.basis === 'rapl'
            ? 'measured by RAPL, the rest modelled'
            : 'modelled from measured processor time',
        throttling: this.#quota.means,
        limits: canLimit() ? 'set by prlimit' : 'none: there is no prlimit',
      },
    };
  }

  /** Intervals that ended after `fromMs` and until `toMs`, with what they verify by. */
  energy(fromMs: number, toMs: number): ComputeEnergy {
    const { cabinetId, meter } = this.#parts.config;
    return {
      cabinetId,
      meterId: meter.meterId,
      publicKey: this.register.publicKey,
      basis: this.basis,
      intervals: [...this.register.intervals(fromMs, toMs)],
    };
  }

  /** `suspend` leaves jobs stopped for the next agent to take over; `end` leaves none. */
  async close(jobs: 'suspend' | 'end'): Promise<void> {
    if (jobs === 'suspend') this.runner.freezeAll();
    else await this.runner.endAll();
    this.register.keep(this.#parts.nowMs());
  }
}
