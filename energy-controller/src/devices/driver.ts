import type {
  DeviceKind,
  DeviceLogEntry,
  DeviceNotice,
  DeviceOrder,
  DeviceReading,
  DeviceRequest,
  DeviceView,
} from '@roamgrid/wire';
import { LOG_ENTRIES, MOST_UNTOLD, newLife, type Journal, type Kept } from './journal.ts';
import { DeviceFault, type Link } from './link/device-link.ts';
import type { Device } from './machine/device.ts';
import { begin, dueEvent, possibleIn, rebased, step, type Refusal } from './machine/step.ts';
import type { CommonEvent, MachineEvent, Notice } from './machine/table.ts';

/** Exchanges in one tick: what a device says may change what it is told, and then it is asked again. */
const EXCHANGES_A_TICK = 16;
const EVENTS_A_READING = 32;

export interface DriverOptions<
  Kind extends DeviceKind,
  State extends string,
  Event extends MachineEvent,
  Memory,
  Plain,
> {
  readonly siteId: string;
  readonly deviceId: string;
  readonly device: Device<Kind, State, Event, Memory, Plain>;
  readonly link: Link<Kind>;
  readonly journal: Journal<State, Memory>;
  /** Hears of what waits for the control centre. */
  readonly onNotice: () => void;
}

export type Asked = { readonly ok: true } | { readonly ok: false; readonly refusal: Refusal };

export type Asker = 'operator' | 'station';

/** A driver whatever its device. */
export interface AnyDriver {
  readonly deviceId: string;
  readonly isReached: boolean;
  tick(nowMs: number): Promise<void>;
  /** A request of an operator, or of the station beside the device. */
  ask(request: DeviceRequest, nowMs: number, by?: Asker): Promise<Asked>;
  view(): DeviceView;
  readonly outbox: readonly DeviceNotice[];
  /** The control centre has taken it. */
  told(key: string): Promise<void>;
  close(): void;
}

/**
 * Runs one device: hears its sensors, takes the steps of its table, keeps each before anything moves by it, and orders. What leads to
 * a safe state is ordered first and kept then. After a restart nothing is ordered before the sensors were heard.
 */
export class Driver<
  Kind extends DeviceKind,
  State extends string,
  Event extends MachineEvent,
  Memory,
  Plain,
> implements AnyDriver {
  readonly #options: DriverOptions<Kind, State, Event, Memory, Plain>;
  #kept: Kept<State, Memory>;
  #reading: DeviceReading<Kind> | undefined;
  #isReached = false;
  #work: Promise<unknown> = Promise.resolve();

  /** Starts from what the journal has, in a safe state. */
  constructor(options: DriverOptions<Kind, State, Event, Memory, Plain>, nowMs: number) {
    this.#options = options;
    const { journal, device } = options;
    const before = journal.load();
    this.#kept =
      before === undefined
        ? { life: newLife(), instance: begin(device.table, nowMs), log: [], outbox: [] }
        : { ...before, instance: rebased(before.instance, nowMs) };
    this.#take({ type: 'restarted' }, nowMs);
  }

  get deviceId(): string {
    return this.#options.deviceId;
  }

  get isReached(): boolean {
    return this.#isReached;
  }

  get outbox(): readonly DeviceNotice[] {
    return this.#kept.outbox;
  }

  /** Lives until now: what is due, what the sensors say, what follows. One after the other. */
  tick(nowMs: number): Promise<void> {
    return this.#inTurn(() => this.#tick(nowMs));
  }

  ask({ type, id }: DeviceRequest, nowMs: number, by: Asker = 'operator'): Promise<Asked> {
    const { device } = this.#options;
    const asks = by === 'operator' ? device.operatorRequests : device.stationRequests;
    const event = asks.includes(type) ? device.requestOf(type, id) : undefined;
    if (event === undefined)
      return Promise.resolve({
        ok: false,
        refusal: {
          code: 'NOT_POSSIBLE_NOW',
          message: `no ${by} can ask ${type} of a ${device.kind} so; there are: ${asks.join(', ') || 'none'}`,
          possible: this.view().possible,
        },
      });
    return this.#inTurn(async () => {
      const asked = await this.#act(event, nowMs);
      if (asked.ok) await this.#tick(nowMs);
      return asked;
    });
  }

  view(): DeviceView {
    const { device, deviceId } = this.#options;
    const { instance, log, outbox } = this.#kept;
    const { says, isSafe } = device.table.states[instance.state];
    return {
      deviceId,
      device: device.kind,
      state: instance.state,
      says,
      isSafe: isSafe === true,
      sinceMs: instance.sinceMs,
      isReached: this.#isReached,
      possible: possibleIn(device.table, instance.state).filter((type) =>
        device.operatorRequests.includes(type),
      ),
      order: device.table.order(instance.state, instance.memory) as Record<string, unknown>,
      facts: this.#reading === undefined ? {} : device.facts(this.#reading),
      untold: outbox.length,
      log: [...log],
    };
  }

  told(key: string): Promise<void> {
    return this.#inTurn(() => {
      this.#keep({ ...this.#kept, outbox: this.#kept.outbox.filter((notice) => notice.key !== key) });
      return Promise.resolve();
    });
  }

  close(): void {
    this.#options.link.close();
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#work.then(work);
    this.#work = done.catch(() => undefined);
    return done;
  }

  async #tick(nowMs: number): Promise<void> {
    const { device } = this.#options;
    const due = dueEvent(device.table, this.#kept.instance, nowMs);
    if (due !== undefined) await this.#act(due, nowMs);
    let last = '';
    try {
      for (let i = 0; i < EXCHANGES_A_TICK; i += 1) {
        const order = this.#isReached ? this.#order() : null;
        const text = JSON.stringify(order);
        if (order !== null && text === last) return;
        last = text;
        this.#reading = await this.#exchange(order, nowMs);
        this.#isReached = true;
        await this.#hear(this.#reading, nowMs);
      }
    } catch (thrown) {
      this.#lost(thrown, nowMs);
    }
  }

  #exchange(order: DeviceOrder<Kind> | null, nowMs: number): Promise<DeviceReading<Kind>> {
    const { device, link } = this.#options;
    return link.exchange({ order, atMs: nowMs, leaseMs: device.leaseMs });
  }

  #lost(thrown: unknown, nowMs: number): void {
    if (!(thrown instanceof DeviceFault)) throw thrown;
    const wasReached = this.#isReached;
    this.#isReached = false;
    if (wasReached) this.#take({ type: 'link-lost' }, nowMs);
  }

  async #hear(reading: DeviceReading<Kind>, nowMs: number): Promise<void> {
    for (let i = 0; i < EVENTS_A_READING; i += 1) {
      const event = this.#options.device.perceive(this.#kept.instance, reading);
      if (event === undefined) return;
      await this.#act(event, nowMs);
    }
  }

  /** Takes an event. A full disk, or a slow one, must not keep anything from being switched off: that is ordered first. */
  async #act(event: Event | CommonEvent, nowMs: number): Promise<Asked> {
    const planned = this.#plan(event, nowMs);
    let fault: unknown;
    if (planned.leadsToSafety && this.#isReached) {
      try {
        await this.#exchange(this.#order(planned.kept), nowMs);
      } catch (thrown) {
        fault = thrown;
      }
    }
    const asked = this.#settle(planned);
    if (fault !== undefined) this.#lost(fault, nowMs);
    return asked;
  }

  #order({ instance }: Kept<State, Memory> = this.#kept): DeviceOrder<Kind> {
    const { device } = this.#options;
    return device.dress(device.table.order(instance.state, instance.memory), instance);
  }

  #take(event: Event | CommonEvent, nowMs: number): Asked {
    return this.#settle(this.#plan(event, nowMs));
  }

  /** What an event comes to, before anything of it is so. */
  #plan(event: Event | CommonEvent, nowMs: number) {
    const { device } = this.#options;
    const { instance } = this.#kept;
    const outcome = step(device.table, instance, event, nowMs);
    const who = 'who' in event && typeof event.who === 'string' ? { who: event.who } : {};
    const entry: DeviceLogEntry = {
      step: outcome.ok ? outcome.next.steps : instance.steps,
      atMs: Math.max(nowMs, instance.atMs),
      from: instance.state,
      event: event.type,
      to: outcome.ok ? outcome.next.state : instance.state,
      ...(!outcome.ok && { refused: outcome.refusal.code }),
      ...who,
    };
    const log = [...this.#kept.log, entry].slice(-LOG_ENTRIES);
    if (!outcome.ok)
      return {
        kept: { ...this.#kept, log },
        leadsToSafety: false,
        isLight: false,
        asked: { ok: false, refusal: outcome.refusal } as Asked,
      };
    const { next, notices, isLight } = outcome;
    const told = notices.map((notice, place) => this.#notice(notice, next.steps, place, next.atMs));
    return {
      kept: {
        ...this.#kept,
        instance: next,
        log: isLight ? this.#kept.log : log,
        outbox: [...this.#kept.outbox, ...told].slice(-MOST_UNTOLD),
      },
      leadsToSafety: next.state !== instance.state && device.table.states[next.state].isSafe === true,
      isLight,
      asked: { ok: true } as Asked,
    };
  }

  #settle({ kept, isLight, asked }: { kept: Kept<State, Memory>; isLight: boolean; asked: Asked }): Asked {
    // Not by its length: a full one stays as long as it is.
    const isToTell = kept.outbox.at(-1) !== this.#kept.outbox.at(-1);
    if (isLight) this.#kept = kept;
    else this.#keep(kept);
    if (isToTell) this.#options.onNotice();
    return asked;
  }

  #keep(kept: Kept<State, Memory>): void {
    this.#options.journal.save(kept);
    this.#kept = kept;
  }

  #notice(notice: Notice, steps: number, place: number, atMs: number): DeviceNotice {
    const { siteId, deviceId, device } = this.#options;
    return {
      key: `${deviceId}~${this.#kept.life}~${steps}~${place}`,
      siteId,
      deviceId,
      device: device.kind,
      kind: notice.kind,
      code: notice.code,
      says: notice.says,
      atMs,
      facts: { ...notice.facts },
    };
  }
}
