import type { Command } from 'commander';

/** A command run in this process: the exit status that it left and what it said on standard error. */
export const parsed = async (
  command: Command,
  args: readonly string[],
): Promise<{ readonly exit: unknown; readonly said: string }> => {
  const exitBefore = process.exitCode;
  const { write } = process.stderr;
  let said = '';
  process.stderr.write = (text: string | Uint8Array) => {
    said += String(text);
    return true;
  };
  try {
    await command.parseAsync(args, { from: 'user' });
    return { exit: process.exitCode, said };
  } finally {
    process.stderr.write = write;
    process.exitCode = exitBefore;
  }
};
