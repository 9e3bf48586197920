import { EXIT_CODES } from './exit-codes.ts';
import { program } from './program.ts';

try {
  const tool = await program(process.argv[2]);
  await tool.parseAsync(process.argv);
} catch (error) {
  process.stderr.write(`roamgrid: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = EXIT_CODES.fault;
}
