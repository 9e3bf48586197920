import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, constants, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { JobOrder } from '@roamgrid/wire';
import { argumentPattern, type ProgramConfig } from '../config.ts';
import { RUN_VARIABLE } from './processes.ts';

/** util-linux: sets limits and becomes the program that it is given. */
const PRLIMIT = '/usr/bin/prlimit';
const MIB = 1_048_576;

export const canLimit = (): boolean => existsSync(PRLIMIT);

/** What is wrong with a job's program or arguments, or the program. */
export const allowedProgram = (
  programs: readonly ProgramConfig[],
  { program: name, arguments: given }: JobOrder,
): ProgramConfig | string => {
  const program = programs.find((one) => one.name === name);
  if (program === undefined) return `no program here is called ${name}`;
  const { argumentPatterns } = program;
  if (given.length > argumentPatterns.length) {
    return `${name} takes at most ${argumentPatterns.length} arguments, not ${given.length}`;
  }
  const wrong = given.findIndex((text, place) => !argumentPattern(argumentPatterns[place] ?? '').test(text));
  return wrong === -1 ? program : `argument ${wrong + 1} of ${name} is none that is allowed`;
};

const limitsOf = ({ limits }: ProgramConfig): readonly string[] => [
  '--core=0',
  `--nofile=${limits.openFiles}`,
  `--fsize=${limits.fileMiB * MIB}`,
  ...(limits.memoryMiB === undefined ? [] : [`--as=${limits.memoryMiB * MIB}`]),
];

/** Goes on at the end of what is there, and through no link or pipe that an earlier run may have left there. */
const OUTPUT =
  constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** The files that take what a job prints; undefined when they cannot be had. */
const openOutput = (work: string): readonly [number, number] | undefined => {
  const open = (name: string): number => openSync(join(work, name), OUTPUT, 0o600);
  let out: number | undefined;
  try {
    out = open('out');
    return [out, open('err')];
  } catch {
    if (out !== undefined) closeSync(out);
    return undefined;
  }
};

/**
 * Begins a job's process in a group of its own, without a shell, in its folder, with what it prints in files there. It outlives the agent,
 * which finds it again by its token. Undefined when it cannot be begun.
 */
export const launch = (
  program: ProgramConfig,
  order: JobOrder,
  work: string,
  token: string,
): ChildProcess | undefined => {
  const command = [program.command, ...program.fixedArguments, ...order.arguments];
  const [file = '', ...rest] = canLimit() ? [PRLIMIT, ...limitsOf(program), '--', ...command] : command;
  const output = openOutput(work);
  if (output === undefined) return undefined;
  try {
    return spawn(file, rest, {
      cwd: work,
      detached: true,
      stdio: ['ignore', ...output],
      env: { PATH: '/usr/bin:/bin', LANG: 'C', HOME: work, ...program.environment, [RUN_VARIABLE]: token },
    });
  } finally {
    for (const each of output) closeSync(each);
  }
};
