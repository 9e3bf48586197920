/** What the tool's exit codes mean; `roamgrid --help` says the same. */
export const EXIT_CODES = {
  ok: 0,
  fault: 1,
  usage: 2,
  refused: 3,
  checkFailed: 4,
} as const;
