import { execFile } from 'node:child_process';
import { join } from 'node:path';

export const TOOL = join(import.meta.dirname, '..', '..', 'bin', 'roamgrid.js');

/** Runs the tool to its end, whatever its exit code. */
export const exitOf = (args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, args, { maxBuffer: 10_000_000 }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
