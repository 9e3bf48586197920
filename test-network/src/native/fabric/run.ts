/** Runs one of Fabric's programs to its end. */
import { execFile } from 'node:child_process';
import { NativeNetworkError } from '../errors.ts';

const LIMIT_MS = 120_000;
const OUTPUT_LIMIT_BYTES = 64 * 1024 * 1024;

/** Returns what it printed. Throws `COMMAND_FAILED` with what it complained of. */
export function run(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const options = {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
    timeout: LIMIT_MS,
    maxBuffer: OUTPUT_LIMIT_BYTES,
  };
  return new Promise((resolve, reject) => {
    execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else {
        const words = [program, ...args].join(' ');
        reject(
          new NativeNetworkError('COMMAND_FAILED', `${words}\nfailed: ${(stderr + stdout).trim()}`, {
            cause: error,
          }),
        );
      }
    });
  });
}
