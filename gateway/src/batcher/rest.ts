/** A timer of Node's that is longer than 2³¹ ms ends at once: a queue whose next fact is due in weeks would never rest. */
const LONGEST_REST_MS = 3_600_000;
const SHORTEST_REST_MS = 10;

/** How long a queue rests before it looks again for what is due. */
export const restMs = (dueMs: number, nowMs: number): number =>
  Math.min(LONGEST_REST_MS, Math.max(SHORTEST_REST_MS, dueMs - nowMs));
