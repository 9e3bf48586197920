/** What a charger's process is told when it is set up; keys as PEM, bytes as Base64. */
export interface ChargerOrder {
  /** Where it keeps what outlives a cut of power. */
  readonly folder: string;
  readonly evseId: string;
  readonly groupIds: readonly string[];
  readonly stationId: string;
  readonly utilityId: string;
  readonly meterId: string;
  readonly maxPowerW: string;
  readonly stationKeyPem: string;
  readonly meterKeyPem: string;
  readonly charger: { readonly keyPem: string; readonly kid: string; readonly certificate: string };
  readonly operator: {
    readonly kid: string;
    readonly x: string;
    readonly y: string;
    readonly readerPoint: string;
  };
  readonly firstIssuers: string;
  /** Sessions that it keeps. */
  readonly capacity?: number;
  /** Most bytes of a frame of its radio. */
  readonly frameBytes?: number;
  /** Whether its clock has a battery. */
  readonly hasBattery: boolean;
  /** Time of day at its start where time passes when it is told to (`passMs`); it passes by itself when absent. */
  readonly heldAtMs?: number;
  /** Length of a step of its meter, ms; a station's own when absent. */
  readonly stepMs?: number;
  /** What its firmware was made with, and how long an image is; it takes none when absent. */
  readonly firmware?: {
    readonly model: string;
    readonly version: number;
    readonly keys: string;
    readonly imageBytes: number;
  };
  /** How soon its radio sends again what nobody heard, ms; 200 when absent. */
  readonly againMs?: number;
  /** Who is on its local network besides it, by their outlets; it has none when absent. Where they answer it is told afterwards (`found`). */
  readonly neighbours?: {
    readonly evseIds: readonly string[];
    /** How often it tells them what they lack, ms of the wall. */
    readonly everyMs: number;
  };
}

/** What somebody does at the charger. */
export type ChargerAct =
  | 'plug-in'
  | 'unplug'
  | 'look'
  | 'break'
  | 'stick'
  | 'mend'
  | { readonly passMs: number; readonly everyMs?: number }
  /** Where a neighbour answers from now on. */
  | { readonly found: { readonly evseId: string; readonly url: string } };

/** What runs there. */
export interface FirmwareSight {
  readonly slot: number;
  readonly version: number;
  /** Of the image in the slot that runs, in hex. */
  readonly sha256: string;
  /** It starts anew, to run another version. */
  readonly isRestarting: boolean;
}

/** What can be seen there. */
export interface ChargerSight {
  readonly bootCounter: number;
  /** The session that runs, by its number. */
  readonly running: number | undefined;
  readonly isCableLocked: boolean;
  /** What the outlet's meter counted, in thousandths of a watt-second. */
  readonly registerWms: string;
  /** The same after each part of the time that passed. */
  readonly registers: readonly string[];
  readonly firmware?: FirmwareSight;
}

export const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
export const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));
