import type { CapProfile } from '../place/caps.ts';
import type { PlaceProfile } from '../place/rules.ts';
import type { TokenPrice } from '../token/charge-token.ts';

/** The outlet that a charger without network switches: the same that a network switches, by another door. */
export interface OutletPort {
  /** Why no session can begin at it now; undefined when one can. */
  obstacle(): OutletObstacle | undefined;
  /**
   * Closes the contactor. It stops by itself at the energy, the cost and the end, by a fault, and when the plug is pulled.
   * @returns why it did not; whoever came by the other door meanwhile, and a lock that does not hold, show only now
   */
  begin(session: OfflineSession): Promise<OutletObstacle | undefined>;
  /** From now on these caps hold for the session that runs, in place of those before; none are left when absent. */
  cap(caps: CapProfile | undefined): void;
  /** Undefined while nothing runs. */
  flowing(): OutletFlow | undefined;
  /** Opens the contactor and says what the session was. Of one that was ended before it says the same again. */
  end(session: OfflineSession, reason: EndReason): Promise<SessionFacts>;
  /** What a session was that power cut off; of one that was ended before, what was said then. */
  recover(session: OfflineSession): Promise<SessionFacts>;
  /** The last session's record is kept elsewhere, or there was none: the outlet is free for whoever comes by either door. */
  forget(): Promise<void>;
  /** What it shows now. */
  sensors(): OutletSensors;
  /** Lets the cable go. */
  unlock(): Promise<void>;
}

export type OutletObstacle = 'IN_USE' | 'NOT_PLUGGED' | 'NOT_LOCKED' | 'FAULTY';

/** `energy`: it had all that was agreed. `time`: the hour that it was good until. `unplugged`: without a word of the phone. */
export const END_REASONS = ['stopped', 'energy', 'cost', 'time', 'unplugged', 'fault', 'power-cut'] as const;
export type EndReason = (typeof END_REASONS)[number];

/** What bounds a session besides what its driver agreed to. */
export interface SessionBounds {
  /** So long after its begin it is over, seconds. */
  readonly lastsS?: number;
  /** What may flow from its begin on, by the word of its utility; all that the outlet has when absent. */
  readonly profile?: PlaceProfile;
  /** What may flow in which quarters of an hour, besides: no more than both say. */
  readonly caps?: CapProfile;
}

/** What flows in the session that runs. */
export interface OutletFlow {
  readonly takenWh: bigint;
  /** What the outlet can give, whatever is said of it, W. */
  readonly mostW: bigint;
}

export interface OfflineSession extends SessionBounds {
  /** Of this charger, one after the other. */
  readonly number: number;
  readonly mostWh: bigint;
  readonly mostMicros: bigint;
  readonly price: TokenPrice;
  /** Seconds since 1970, UTC. */
  readonly beganS: number;
  readonly endsS: number;
  /** What the meter signs beside its readings: they are of this session and no other. */
  readonly tariffText: string;
}

/** What the meter and the sensors say of a session. Spec: SECURE-3. */
export interface SessionFacts extends OutletSensors {
  readonly reason: EndReason;
  readonly lastedMs: number;
  readonly energyWh: bigint;
  /** The meter's own signed record of begin and end. */
  readonly signed: string;
}

export interface OutletSensors {
  /** Cumulative register of the meter, mWh. */
  readonly registerMilliWh: bigint;
  readonly isPlugged: boolean;
  readonly faults: readonly string[];
  /** Tenths of a degree Celsius. */
  readonly temperatureDeciC: number;
  /** Thousandths. */
  readonly humidityPermille: number;
}
