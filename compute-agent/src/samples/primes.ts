import { join } from 'node:path';
import type { z } from 'zod';
import type { programConfig } from '../config.ts';

const FILE = join(import.meta.dirname, 'primes-job.mjs');

const NUMBER = String.raw`\d{1,9}`;

/** A program that counts primes and can be stopped anywhere; what a worker that keeps a core busy takes is said in whole watts. */
export const primesProgram = (
  changes: Partial<z.input<typeof programConfig>> = {},
): z.input<typeof programConfig> => ({
  name: 'primes',
  command: process.execPath,
  fixedArguments: [FILE],
  // Below which number, pause after each chunk (ms), where it notes that it runs.
  argumentPatterns: [NUMBER, NUMBER, String.raw`/[\w./-]{1,200}`],
  completion: 'result-file',
  // Node itself listens to SIGUSR1, and opens its debugger, until the program does.
  checkpoint: { signal: 'SIGUSR2', waitMs: 5_000 },
  // It keeps one core busy, its runtime a part of another.
  runningW: '100',
  coreW: '50',
  ...changes,
});
