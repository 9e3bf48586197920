import type { StationDesk } from '../model/station-desk.ts';
import type { Abilities } from '../v2/abilities.ts';
import type { StationNotes } from './station-notes.ts';

/** Around a call of a station: who said it, when it reached us, and who is told. */
export interface Heard {
  readonly stationId: string;
  readonly receivedAtMs: number;
  readonly desk: StationDesk;
  readonly notes: StationNotes;
  /** What the station said that it can do: 2.1. */
  readonly abilities: () => Abilities | undefined;
  /** How often a station says that it is there, seconds. */
  readonly heartbeatS: number;
}

/** Answers a call; its payload has passed the specification's own schema before. */
export type Answerer = (payload: never, heard: Heard) => Promise<object> | object;

/** What a version answers. An action that is in neither is unknown to us. */
export interface Dialect {
  readonly answers: Readonly<Record<string, Answerer>>;
  /** Known to the version and not done here. */
  readonly unsupported: readonly string[];
}
