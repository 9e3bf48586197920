import { Command } from 'commander';
import { EXIT_CODES } from './exit-codes.ts';

/** The commands, in the order of the help. Each is loaded when it is asked for: a short one need not wait for a service. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./start/command.ts')).startCommand(),
  scenario: async () => (await import('./scenario/command.ts')).scenarioCommand(),
  replay: async () => (await import('./replay/command.ts')).replayCommand(),
  audit: async () => (await import('./audit/command.ts')).auditCommand(),
  report: async () => (await import('./report/command.ts')).reportCommand(),
  verify: async () => (await import('./verify/command.ts')).verifyCommand(),
  card: async () => (await import('./card/command.ts')).cardCommand(),
  ask: async () => (await import('./ask/command.ts')).askCommand(),
  station: async () => (await import('./station/command.ts')).stationCommand(),
  cin: async () => (await import('./cin/index.ts')).cinCommand(),
  ocmf: async () => (await import('./ocmf/index.ts')).ocmfCommand(),
  rate: async () => (await import('./rate/index.ts')).rateCommand(),
  forecast: async () => (await import('./forecast/index.ts')).forecastCommand(),
  tariff: async () => (await import('./tariff/index.ts')).tariffCommand(),
  chaos: async () => (await import('./chaos/command.ts')).chaosCommand(),
  fuzz: async () => (await import('./fuzz/command.ts')).fuzzCommand(),
  power: async () => (await import('./power/index.ts')).powerCommand(),
  home: async () => (await import('./home/index.ts')).homeCommand(),
  study: async () => (await import('./study/index.ts')).studyCommand(),
};

const EXIT_HELP = `
Exit codes:
  ${EXIT_CODES.ok}  done
  ${EXIT_CODES.fault}  a fault in the program or in what it talks to
  ${EXIT_CODES.usage}  the command line is wrong
  ${EXIT_CODES.refused}  the input was refused; standard error (or the JSON) says what and where
  ${EXIT_CODES.checkFailed}  done, but what was checked does not hold`;

/**
 * The `roamgrid` command line.
 * @param wanted first word after the tool's name; with a word that is no command, such as `--help`, all are loaded
 */
export async function program(wanted: string | undefined): Promise<Command> {
  const whole = new Command('roamgrid')
    .description('Charge an electric car anywhere with one card and one bill.')
    .addHelpText('after', EXIT_HELP);
  const asked = wanted !== undefined && Object.hasOwn(COMMANDS, wanted) ? [wanted] : Object.keys(COMMANDS);
  for (const name of asked) {
    const command = await COMMANDS[name]?.();
    if (command) whole.addCommand(command);
  }
  exitOnUsage(whole);
  return whole;
}

/** Commander's own code for a wrong command line is 1; here 1 is a fault, so that scripts can tell the two apart. */
function exitOnUsage(command: Command): void {
  command.exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage));
  command.commands.forEach(exitOnUsage);
}
