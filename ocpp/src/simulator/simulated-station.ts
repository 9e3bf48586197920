import { randomUUID } from 'node:crypto';
import type { EndReason } from '@roamgrid/domain';
import { createRPCError } from 'ocpp-rpc';
import type { IdToken } from '../token/read-token.ts';
import { Line, type LineOptions } from './line.ts';
import { createMemory, obey } from './obey.ts';
import type { Reading, SignEnd } from './ocmf-meter.ts';
import { Outbox } from './outbox.ts';
import type { ProfileView } from './profiles.ts';
import { wordsOf, type Told, type Words } from './words.ts';

export interface SimulatorOptions extends LineOptions {
  readonly outlets?: number;
  /** A meter that signs when a transaction is over; without it nothing is signed. */
  readonly signEnd?: SignEnd;
  readonly nowMs?: () => number;
  /** What an outlet has at most; 22 kW by default. */
  readonly mostTenthsOfWatt?: number;
  /** Registers at the outlets when it is switched on. */
  readonly registerMilliWh?: bigint;
}

interface Charging {
  /** The station’s own id; what the other side calls it where it gives numbers. */
  readonly id: string;
  number: string | undefined;
  readonly begin: Reading;
  readonly token: IdToken;
  sequence: number;
  /** Until when energy has flowed as the profiles say. */
  followedMs?: number;
  isAccepted: boolean | undefined;
}

const MS_PER_S = 1_000;
const MOST_TENTHS_OF_WATT = 220_000;

/**
 * A charging station that is no more than its side of OCPP, for trying out and for tests: it boots, authorises, charges, keeps
 * what it could not tell, and obeys. It accepts nearly everything, so that it is no proof that a real one would.
 */
export class SimulatedStation {
  readonly line: Line;
  readonly outbox: Outbox;
  readonly memory = createMemory();
  readonly #options: SimulatorOptions;
  readonly #words: Words;
  readonly #nowMs: () => number;
  readonly #charging = new Map<number, Charging>();
  readonly #registers = new Map<number, bigint>();
  /** Groups of tokens, as they were authorised. */
  readonly #groups = new Map<string, string>();

  constructor(options: SimulatorOptions) {
    this.#options = options;
    this.#words = wordsOf(options.protocol);
    this.#nowMs = options.nowMs ?? Date.now;
    this.line = new Line(options, (action, payload) => this.#obey(action, payload));
    this.outbox = new Outbox(this.line);
  }

  /** Connects, says who it is and how its outlets are, and tells what it kept. */
  async switchOn(): Promise<void> {
    const { stationId } = this.#options;
    await this.line.connect();
    await this.line.send(this.#words.boot({ vendor: 'Roamgrid', model: 'Simulated', serial: stationId }));
    for (let evse = 1; evse <= this.#outlets; evse += 1) {
      const state = this.#charging.has(evse) ? 'occupied' : 'available';
      await this.line.send(this.#words.status(evse, state, this.#nowMs()));
    }
    await this.outbox.flush();
  }

  /** The line comes back without a restart. */
  async reconnect(): Promise<void> {
    await this.line.connect();
    await this.outbox.flush();
  }

  async heartbeat(): Promise<unknown> {
    return this.line.send({ action: 'Heartbeat', payload: {} });
  }

  async authorize(token: IdToken): Promise<{ readonly isAccepted: boolean; readonly answer: unknown }> {
    const answer = await this.line.send(this.#words.authorize(token));
    const group = this.#words.groupIn(answer);
    if (group !== undefined) this.#groups.set(token.idToken, group);
    return { isAccepted: this.#words.isAccepted(answer), answer };
  }

  register(evse: number): bigint {
    return this.#registers.get(evse) ?? this.#options.registerMilliWh ?? 0n;
  }

  /** As the other side names the transaction at an outlet. */
  transactionAt(evse: number): string | undefined {
    const charging = this.#charging.get(evse);
    return this.#nameOf(charging);
  }

  isAcceptedAt(evse: number): boolean | undefined {
    return this.#charging.get(evse)?.isAccepted;
  }

  /** Begins to charge, also where it cannot ask. */
  async begin(
    evse: number,
    token: IdToken,
    about: Pick<Told, 'remoteStart' | 'reservation'> = {},
  ): Promise<void> {
    if (this.#charging.has(evse)) throw new Error(`outlet ${evse} charges already`);
    const reservation = this.#takeReservation(evse, token);
    const begin = { atMs: this.#nowMs(), registerMilliWh: this.register(evse) };
    const charging: Charging = {
      ...{ id: randomUUID(), number: undefined, begin, token, sequence: 0, isAccepted: undefined },
    };
    this.#charging.set(evse, charging);
    const told = { ...this.#told(evse, charging), ...(reservation && { reservation }), ...about, token };
    await this.outbox.tell({
      message: () => this.#words.began(told),
      answered: (answer) => {
        charging.number = this.#words.numberIn(answer);
        charging.isAccepted = this.#words.isAccepted(answer);
      },
    });
  }

  /** Energy flows, and the station tells its register. */
  async charge(evse: number, milliWh: bigint): Promise<void> {
    this.#registers.set(evse, this.register(evse) + milliWh);
    await this.#tell(evse, (told) => this.#words.moved(told));
  }

  /**
   * A car takes all that it may for so long, from when the transaction began or was last followed: the set profiles' limits, at
   * most what the outlet has.
   */
  async follow(evse: number, seconds: number): Promise<void> {
    const charging = this.#charging.get(evse);
    if (charging === undefined) throw new Error(`nothing charges at outlet ${evse}`);
    const { profiles } = this.memory;
    const mostTenths = this.#options.mostTenthsOfWatt ?? MOST_TENTHS_OF_WATT;
    const view = this.#viewOf(evse);
    const fromMs = charging.followedMs ?? charging.begin.atMs;
    charging.followedMs = fromMs + seconds * MS_PER_S;
    await this.charge(evse, profiles.energyMilliWh(fromMs, seconds, mostTenths, view));
  }

  async end(evse: number, endReason: EndReason = 'driver'): Promise<void> {
    const charging = this.#charging.get(evse);
    if (charging === undefined) throw new Error(`nothing charges at outlet ${evse}`);
    const end = { atMs: this.#nowMs(), registerMilliWh: this.register(evse) };
    const signed = this.#options.signEnd?.(charging.begin, end);
    const about = { endReason, token: charging.token, ...(signed === undefined ? {} : { signed }) };
    const telling = this.#tell(evse, (told) => this.#words.ended({ ...told, ...about }));
    this.#charging.delete(evse);
    this.memory.profiles.ended(this.#nameOf(charging) ?? '');
    await telling;
  }

  /** Tells again what it told already, as a station does that lost the answer. */
  async tellAgain(at: number): Promise<unknown> {
    const message = this.outbox.sent.at(at);
    if (message === undefined) throw new Error('nothing was told there');
    return this.line.send(message);
  }

  async switchOff(): Promise<void> {
    await this.line.cut();
  }

  get #outlets(): number {
    return this.#options.outlets ?? 1;
  }

  /** The number of the reservation that a token uses up. @throws when the outlet is kept for another */
  #takeReservation(evse: number, { idToken }: IdToken): number | undefined {
    const { reservations } = this.memory;
    const [number, kept] = [...reservations].find(([, one]) => one.evse === evse) ?? [];
    if (number === undefined || kept === undefined) return undefined;
    const group = this.#groups.get(idToken);
    if (kept.token !== idToken && (group === undefined || kept.group !== group))
      throw new Error(`outlet ${evse} is reserved for another`);
    reservations.delete(number);
    return number;
  }

  #nameOf(charging: Charging | undefined): string | undefined {
    return this.#options.protocol === 'ocpp1.6' ? charging?.number : charging?.id;
  }

  #viewOf(evse: number): ProfileView {
    const beganAtMs = this.#charging.get(evse)?.begin.atMs;
    return beganAtMs === undefined ? { evse } : { evse, beganAtMs };
  }

  #told(evse: number, charging: Charging): Told {
    const sequence = charging.sequence;
    charging.sequence += 1;
    return {
      ...{ evse, sequence, atMs: this.#nowMs(), registerMilliWh: this.register(evse) },
      transactionId: charging.id,
      isOffline: !this.line.isUp(),
    };
  }

  async #tell(evse: number, words: (told: Told) => ReturnType<Words['moved']>): Promise<void> {
    const charging = this.#charging.get(evse);
    if (charging === undefined) return;
    const told = this.#told(evse, charging);
    // In 1.6 the number is known only once the start was answered, which may be much later.
    await this.outbox.tell({
      message: () => words({ ...told, transactionId: this.#nameOf(charging) ?? '0' }),
    });
  }

  #obey(action: string, payload: never): object {
    const about = {
      protocol: this.#options.protocol,
      outlets: this.#outlets,
      nowMs: this.#nowMs,
      mostTenthsOfWatt: this.#options.mostTenthsOfWatt ?? MOST_TENTHS_OF_WATT,
      viewOf: (evse: number) => this.#viewOf(evse),
      isCharging: (evse: number) => this.#charging.has(evse),
      begin: (evse: number, token: IdToken, remoteStart: number | undefined) => {
        if (this.#charging.has(evse)) return false;
        void this.begin(evse, token, remoteStart === undefined ? {} : { remoteStart });
        return true;
      },
      end: (transactionId: string) => {
        const [evse] =
          [...this.#charging].find(([, charging]) => this.#nameOf(charging) === transactionId) ?? [];
        if (evse === undefined) return false;
        void this.end(evse, 'operator');
        return true;
      },
    };
    const answer = obey(action, payload, about, this.memory);
    if (answer === undefined)
      throw createRPCError('NotImplemented', `${action} is unknown here`) as unknown as Error;
    return answer;
  }
}
