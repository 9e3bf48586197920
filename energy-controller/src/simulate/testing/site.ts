import type { Site } from '../site.ts';

export const MINUTE_MS = 60_000;
export const START_MS = Date.UTC(2026, 10, 30, 8);

/** 10 kW on one phase, outlets of 7.36 kW (32 A). */
export const SITE: Site = {
  stepMinutes: 5,
  volts: 230n,
  phases: 1,
  limitW: 10_000n,
  outletW: 7_360n,
  minAmps: 6n,
  isWholeAmps: true,
};
