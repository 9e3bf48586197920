/** A recorded hour passes in so long … */
const HOUR_TAKES_MS = 8_000;
/** … but no stay is shorter than a session takes that is told of, nor longer than the outlet can be spared. */
const SHORTEST_STAY_MS = 3_000;
const LONGEST_STAY_MS = 10_000;
/** Who comes next has to park. */
const SHORTEST_PAUSE_MS = 300;
const LONGEST_PAUSE_MS = 2_800;

const HOUR_MS = 3_600_000;

const pressed = (recordedMs: number, leastMs: number, mostMs: number): number =>
  Math.min(mostMs, Math.max(leastMs, Math.round((recordedMs * HOUR_TAKES_MS) / HOUR_MS)));

/** A recorded stay, pressed together. */
export const pressedStayMs = (recordedMs: number): number =>
  pressed(recordedMs, SHORTEST_STAY_MS, LONGEST_STAY_MS);

/** The recorded time between two cars that came one after the other, pressed together. */
export const pressedPauseMs = (recordedMs: number): number =>
  pressed(recordedMs, SHORTEST_PAUSE_MS, LONGEST_PAUSE_MS);

/** What a car takes that gets an energy in a stay. */
export const powerOf = (energyWh: bigint, staysMs: number): bigint =>
  (energyWh * BigInt(HOUR_MS)) / BigInt(staysMs);

/** And what it gets at that power in another time. */
export const energyIn = (powerW: bigint, ms: number): bigint => (powerW * BigInt(ms)) / BigInt(HOUR_MS);
