import type { AnomalyCode, SensorReport } from '@roamgrid/wire';
import { z } from 'zod';

/** What a cabinet's sensor and badges say, and what of it is an anomaly: pure, so that every order of events can be tried. */

export interface WatchSettings {
  readonly badgeMs: number;
  readonly vibrationMilliG: number;
  readonly calmMs: number;
  readonly hotMilliCelsius: number;
  readonly coldMilliCelsius: number;
}

/** Temperatures of an anomaly that is over are so far inside, so that one that hangs at the limit is told once. */
const HYSTERESIS_MILLI_CELSIUS = 2_000;

export const watchState = z.strictObject({
  door: z.enum(['open', 'shut', 'unknown']),
  /** When it opened, while it is open. */
  openedMs: z.int().exactOptional(),
  /** A badge came in time for this opening. */
  isWanted: z.boolean(),
  /** When a valid badge was shown last. */
  badgeMs: z.int().exactOptional(),
  vibratedMs: z.int().exactOptional(),
  /** Anomalies that last, and since when. */
  lasting: z.partialRecord(z.enum(['DOOR_WITHOUT_BADGE', 'VIBRATION', 'TOO_HOT', 'TOO_COLD']), z.int()),
});
export type WatchState = z.output<typeof watchState>;

export const QUIET: WatchState = { door: 'unknown', isWanted: false, lasting: {} };

/** A new anomaly. */
export interface Found {
  readonly code: AnomalyCode;
  readonly sinceMs: number;
}

export type Heard =
  | {
      readonly what: 'sensor';
      readonly report: SensorReport;
      /** Last temperatures of all who measure, this one included; its own alone when absent. */
      readonly everywhere?: readonly number[];
    }
  | { readonly what: 'badge' }
  | { readonly what: 'time' };

type Changing = { -readonly [Key in keyof WatchState]: WatchState[Key] };

const begin = (state: Changing, found: Found[], code: AnomalyCode, sinceMs: number): void => {
  if (state.lasting[code] !== undefined) return;
  state.lasting = { ...state.lasting, [code]: sinceMs };
  found.push({ code, sinceMs });
};

const end = (state: Changing, code: AnomalyCode): void => {
  const { [code]: _over, ...rest } = state.lasting;
  state.lasting = rest;
};

const hearDoor = (state: Changing, door: 'open' | 'shut', atMs: number, { badgeMs }: WatchSettings): void => {
  if (door === 'shut') {
    delete state.openedMs;
    state.isWanted = false;
    end(state, 'DOOR_WITHOUT_BADGE');
  } else if (state.door !== 'open') {
    state.openedMs = atMs;
    state.isWanted = state.badgeMs !== undefined && atMs - state.badgeMs <= badgeMs;
  }
  state.door = door;
};

const hearTemperature = (
  state: Changing,
  found: Found[],
  everywhere: readonly number[],
  atMs: number,
  { hotMilliCelsius, coldMilliCelsius }: WatchSettings,
): void => {
  const [hottest, coldest] = [Math.max(...everywhere), Math.min(...everywhere)];
  if (hottest >= hotMilliCelsius) begin(state, found, 'TOO_HOT', atMs);
  else if (hottest <= hotMilliCelsius - HYSTERESIS_MILLI_CELSIUS) end(state, 'TOO_HOT');
  if (coldest <= coldMilliCelsius) begin(state, found, 'TOO_COLD', atMs);
  else if (coldest >= coldMilliCelsius + HYSTERESIS_MILLI_CELSIUS) end(state, 'TOO_COLD');
};

/** What becomes of a state by what was heard, and the anomalies that begin by it. */
export const hear = (
  before: WatchState,
  heard: Heard,
  atMs: number,
  settings: WatchSettings,
): { readonly state: WatchState; readonly found: readonly Found[] } => {
  const state: Changing = { ...before };
  const found: Found[] = [];
  if (heard.what === 'badge') {
    state.badgeMs = atMs;
    if (state.openedMs !== undefined && atMs - state.openedMs <= settings.badgeMs) state.isWanted = true;
  }
  if (heard.what === 'sensor') {
    const { door, vibrationMilliG, milliCelsius } = heard.report;
    if (door !== undefined) hearDoor(state, door, atMs, settings);
    if (vibrationMilliG !== undefined && vibrationMilliG >= settings.vibrationMilliG) {
      state.vibratedMs = atMs;
      begin(state, found, 'VIBRATION', atMs);
    }
    if (milliCelsius !== undefined)
      hearTemperature(state, found, heard.everywhere ?? [milliCelsius], atMs, settings);
  }
  if (state.vibratedMs !== undefined && atMs - state.vibratedMs > settings.calmMs) {
    delete state.vibratedMs;
    end(state, 'VIBRATION');
  }
  // Who has a badge has as long to show it after the door opened as before.
  if (state.openedMs !== undefined && !state.isWanted && atMs - state.openedMs >= settings.badgeMs) {
    begin(state, found, 'DOOR_WITHOUT_BADGE', state.openedMs);
  }
  return { state, found };
};
