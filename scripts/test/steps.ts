import { spawn } from 'node:child_process';
import { appendFileSync, closeSync, openSync, readFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';

/** One program of a test run. */
export interface Step {
  readonly title: string;
  readonly command: readonly string[];
  readonly folder: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Gives way to whatever else runs. */
  readonly isPatient?: boolean;
}

/** A step that takes longer hangs, and counts as failed. The longest suite takes 7 minutes, and twice that on a slow machine. */
const LONGEST_STEP_MS = 25 * 60_000;
/** One that gives way may wait for all others. */
const LONGEST_PATIENT_STEP_MS = 2 * LONGEST_STEP_MS;

/**
 * Run a step, and print what it said in one piece when it has ended, so that steps side by side stay readable.
 * @param scratch a folder for what it says: a file, because a process left behind would hold a pipe open.
 */
export async function runStep(step: Step, scratch: string): Promise<boolean> {
  const { title, command, folder, env, isPatient = false } = step;
  const [program, ...args] = command;
  if (program === undefined) throw new Error('empty command');
  const startedMs = Date.now();
  const file = join(scratch, `${title.replaceAll('/', '-')}.txt`);
  const out = openSync(file, 'w');
  const ok = await new Promise<boolean>((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: folder,
      stdio: ['ignore', out, out],
      env: { ...process.env, ...env },
      timeout: isPatient ? LONGEST_PATIENT_STEP_MS : LONGEST_STEP_MS,
      killSignal: 'SIGKILL',
    });
    if (isPatient && child.pid !== undefined)
      setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      // What was killed could not say so itself.
      if (signal !== null) appendFileSync(out, `\n${title} was ended by ${signal}\n`);
      resolve(code === 0);
    });
  });
  closeSync(out);
  const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
  console.log(`\n── ${title}`);
  process.stdout.write(readFileSync(file));
  console.log(`── ${title}: ${ok ? 'ok' : 'FAILED'} (${seconds} s)`);
  return ok;
}
