import type { CapProfile } from '../place/caps.ts';
import type {
  EndReason,
  OfflineSession,
  OutletFlow,
  OutletObstacle,
  OutletPort,
  OutletSensors,
  SessionFacts,
} from '../charger/outlet-port.ts';

/** An outlet with a meter that outlives every cut of power; energy flows when a test says so. */
export class SimulatedOutlet implements OutletPort {
  registerWh = 0n;
  isPlugged = true;
  isLocked = false;
  /** The session for which the contactor is closed. */
  on: OfflineSession | undefined;
  readonly begun: number[] = [];
  /** What the session that runs was told to keep to. */
  caps: CapProfile | undefined;
  readonly #beganAt = new Map<number, bigint>();

  obstacle(): OutletObstacle | undefined {
    if (this.on !== undefined) return 'IN_USE';
    return this.isPlugged ? undefined : 'NOT_PLUGGED';
  }

  begin(session: OfflineSession): Promise<undefined> {
    this.on = session;
    this.caps = session.caps;
    this.isLocked = true;
    this.begun.push(session.number);
    this.#beganAt.set(session.number, this.registerWh);
    return Promise.resolve(undefined);
  }

  cap(caps: CapProfile | undefined): void {
    this.caps = caps;
  }

  flowing(): OutletFlow | undefined {
    if (this.on === undefined) return undefined;
    const takenWh = this.registerWh - (this.#beganAt.get(this.on.number) ?? 0n);
    return { takenWh, mostW: 22_000n };
  }

  /** Energy flows, at most what was agreed. */
  flow(wh: bigint): void {
    if (this.on === undefined) return;
    const left = this.on.mostWh - (this.registerWh - (this.#beganAt.get(this.on.number) ?? 0n));
    this.registerWh += wh < left ? wh : left;
  }

  end(session: OfflineSession, reason: EndReason): Promise<SessionFacts> {
    this.on = undefined;
    return Promise.resolve(this.#facts(session, reason));
  }

  recover(session: OfflineSession): Promise<SessionFacts> {
    this.on = undefined;
    return Promise.resolve(this.#facts(session, 'power-cut'));
  }

  sensors(): OutletSensors {
    const registerMilliWh = this.registerWh * 1_000n;
    const air = { temperatureDeciC: 215, humidityPermille: 480 };
    return { registerMilliWh, isPlugged: this.isPlugged, faults: [], ...air };
  }

  forget(): Promise<void> {
    return Promise.resolve();
  }

  unlock(): Promise<void> {
    this.isLocked = false;
    return Promise.resolve();
  }

  #facts({ number }: OfflineSession, reason: EndReason): SessionFacts {
    const began = this.#beganAt.get(number) ?? this.registerWh;
    return {
      ...this.sensors(),
      ...{ reason, lastedMs: 60_000, energyWh: this.registerWh - began, signed: `OCMF|${number}` },
    };
  }
}
