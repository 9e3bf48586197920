const WEEK_MS = 7 * 86_400_000;
/** 1970 began on a Thursday. */
const FIRST_MONDAY_MS = 4 * 86_400_000;

/** The number of a week that begins on Monday, UTC. */
export const weekOf = (atMs: number): number => Math.floor((atMs - FIRST_MONDAY_MS) / WEEK_MS);

/** Where it begins, ms. */
export const weekBegins = (week: number): number => week * WEEK_MS + FIRST_MONDAY_MS;
