import type {
  CapProfile,
  ChargerClock,
  EndReason,
  OfflineSession,
  OutletFlow,
  OutletObstacle,
  OutletPort,
  OutletSensors,
  SessionFacts,
} from '@roamgrid/offline';
import { energyOfGain } from '@roamgrid/wire';
import type { JournalOffline } from '../agent/journal.ts';
import type { SharedOutlet } from '../agent/shared-outlet.ts';
import { untilKept } from '../ends/until-kept.ts';
import { OfflineRun, type RunEnd } from './offline-run.ts';

export interface OfflineDoorConfig {
  readonly outlet: SharedOutlet;
  /** The charger's own time. */
  readonly clock: Pick<ChargerClock, 'nowMs' | 'uptimeMs'>;
  /** A session ended by itself. */
  readonly ended: (reason: EndReason) => void;
}

const MS_PER_S = 1_000;
const MILLI_PER_DECI = 100;

/**
 * The second door to an outlet: for a charger that hears of nobody. Bay, meter and memory are those of the first; a session
 * of either keeps the other shut until it is told (`forget`, or the gateway), also after a restart.
 */
export class OfflineDoor implements OutletPort {
  readonly #config: OfflineDoorConfig;
  readonly #closed = new AbortController();
  #stopper = new AbortController();
  /** Why somebody ends it. */
  #wanted: EndReason = 'stopped';
  /** What the session that runs will have been. */
  #running: Promise<SessionFacts> | undefined;
  #run: OfflineRun | undefined;

  constructor(config: OfflineDoorConfig) {
    this.#config = config;
  }

  obstacle(): OutletObstacle | undefined {
    const { memory, ready, isFree } = this.#config.outlet;
    if (!isFree() || memory.offline !== undefined) return 'IN_USE';
    if (ready.fault !== undefined) return 'FAULTY';
    return ready.isPlugged ? undefined : 'NOT_PLUGGED';
  }

  begin(session: OfflineSession): Promise<OutletObstacle | undefined> {
    const { outlet, clock } = this.#config;
    const { bay, memory } = outlet;
    const inTheWay = this.obstacle();
    if (inTheWay !== undefined) return Promise.resolve(inTheWay);
    if (!bay.lockCable()) return Promise.resolve('NOT_LOCKED');
    const { number, tariffText, beganS } = session;
    // Time at an outlet is billed once, by whichever door.
    const atMs = Math.max(clock.nowMs() ?? beganS * MS_PER_S, memory.endedAtMs);
    const begin = { atMs, registerMilliWh: memory.meter.registerMilliWh };
    try {
      memory.keepOffline({ number, tariffText, begin, lastAtMs: atMs });
    } finally {
      if (memory.offline === undefined) bay.unlockCable();
    }
    memory.meter.begun(tariffText, begin);
    const { signal } = (this.#stopper = new AbortController());
    const run = (this.#run = new OfflineRun({
      ...{ outlet, session, beganMs: atMs, battery: bay.car() },
      uptimeMs: () => clock.uptimeMs,
      signal: AbortSignal.any([signal, this.#closed.signal]),
      keep: (lastedMs) => {
        memory.keepOffline({ number, tariffText, begin, lastAtMs: atMs + lastedMs });
      },
    }));
    const running = (this.#running = run.run().then((end) => this.#keepEnd(end)));
    running.then(
      ({ reason }) => {
        if (!signal.aborted && !this.#closed.signal.aborted) this.#config.ended(reason);
      },
      // Whoever ends it hears of it; the journal has the session.
      () => undefined,
    );
    return Promise.resolve(undefined);
  }

  cap(caps: CapProfile | undefined): void {
    this.#run?.cap(caps);
  }

  flowing(): OutletFlow | undefined {
    const { memory, supply } = this.#config.outlet;
    const { offline } = memory;
    if (this.#run === undefined || offline === undefined || offline.ended !== undefined) return undefined;
    const takenWh = energyOfGain(memory.meter.registerMilliWh - offline.begin.registerMilliWh);
    return { takenWh, mostW: supply.aloneW };
  }

  async end(session: OfflineSession, reason: EndReason): Promise<SessionFacts> {
    this.#wanted = reason;
    this.#stopper.abort();
    return (await this.#running) ?? this.recover(session);
  }

  async recover({ tariffText }: OfflineSession): Promise<SessionFacts> {
    const { memory } = this.#config.outlet;
    const { offline } = memory;
    // Power went before anything could flow: the outlet never heard of it.
    if (offline?.tariffText !== tariffText)
      return this.#facts({ reason: 'power-cut', lastedMs: 0, energyWh: 0n, signed: '' }, []);
    if (offline.ended !== undefined) return offline.ended;
    const { begin, lastAtMs } = offline;
    memory.meter.begun(tariffText, begin);
    return this.#keepEnd({ reason: 'power-cut', lastedMs: lastAtMs - begin.atMs, faults: [] });
  }

  forget(): Promise<void> {
    const { memory } = this.#config.outlet;
    this.#running = this.#run = undefined;
    if (memory.offline !== undefined) memory.keepOffline(undefined);
    return Promise.resolve();
  }

  unlock(): Promise<void> {
    const { memory, bay } = this.#config.outlet;
    // The cable of a session by the other door is its own.
    if (memory.session === undefined) bay.unlockCable();
    return Promise.resolve();
  }

  /** Opens the contactor and says nothing: a session that runs is one that power cut off. */
  close(): void {
    this.#closed.abort();
  }

  /** The meter signs, and what it signed is kept before anybody hears of it. */
  async #keepEnd({ reason, lastedMs, faults }: RunEnd): Promise<SessionFacts> {
    const { memory } = this.#config.outlet;
    const { signal } = this.#closed;
    const { offline } = memory;
    if (signal.aborted || offline === undefined) throw new Error('the outlet was switched off');
    const { begin, tariffText } = offline;
    // An end is a moment of its own, however soon it comes.
    const atMs = begin.atMs + Math.max(1, lastedMs);
    const signed = memory.meter.signed(atMs, 'E', { tariffText });
    const why = reason === 'stopped' ? this.#wanted : reason;
    const energyWh = energyOfGain(memory.meter.registerMilliWh - begin.registerMilliWh);
    const ended = this.#facts({ reason: why, lastedMs, energyWh, signed }, faults);
    await untilKept(() => {
      memory.keepOffline({ ...offline, lastAtMs: atMs, ended });
    }, signal);
    if (memory.offline?.ended === undefined) throw new Error('the outlet was switched off');
    return ended;
  }

  /** What the outlet shows while nothing should flow. */
  sensors(): OutletSensors {
    const { memory, bay, clock, ready, supply } = this.#config.outlet;
    const isFlowing = supply.flow !== undefined || memory.session !== undefined;
    const { isPlugged, contactMilliC, humidityPermille } = bay.signals({ atMs: clock.nowMs(), powerW: 0n });
    const fault = isFlowing ? undefined : ready.fault;
    return {
      ...{ registerMilliWh: memory.meter.registerMilliWh, isPlugged, humidityPermille },
      ...{ faults: fault === undefined ? [] : [fault] },
      temperatureDeciC: Math.round(contactMilliC / MILLI_PER_DECI),
    };
  }

  #facts(
    said: Pick<SessionFacts, 'reason' | 'lastedMs' | 'energyWh' | 'signed'>,
    faults: readonly string[],
  ): NonNullable<JournalOffline['ended']> {
    const sensors = this.sensors();
    return { ...sensors, ...said, faults: [...new Set([...faults, ...sensors.faults])] };
  }
}
