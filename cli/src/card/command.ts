import { SimulatedReader } from '@roamgrid/station';
import { readErrors, type ReadError, type ReaderAnswer } from '@roamgrid/wire';
import { Argument, Command, Option } from 'commander';
import { EXIT_CODES } from '../exit-codes.ts';

interface Options {
  readonly reader: string;
  readonly error?: ReadError;
}

const isMissing = (thrown: unknown): boolean =>
  thrown instanceof Error && 'code' in thrown && (thrown.code === 'ENOENT' || thrown.code === 'ECONNREFUSED');

async function ask(path: string, content: string | undefined, error: ReadError | undefined) {
  const reader = await SimulatedReader.connect(path);
  try {
    const answer = error === undefined ? await reader.card(content ?? '') : await reader.readError(error);
    if (error === undefined) await reader.removed();
    return answer;
  } finally {
    reader.close();
  }
}

/** One line, and what a script needs to know of it. */
function tell(answer: ReaderAnswer): void {
  if (answer.ok) {
    process.stdout.write(`the screen shows: ${answer.screen}\n`);
    process.exitCode = answer.screen === 'refused' ? EXIT_CODES.refused : EXIT_CODES.ok;
    return;
  }
  process.stderr.write(`${answer.code}: ${answer.message}\n`);
  process.exitCode = EXIT_CODES.refused;
}

async function card(content: string | undefined, { reader, error }: Options): Promise<void> {
  if ((content === undefined) === (error === undefined)) {
    process.stderr.write('give the text of a card, or --error\n');
    process.exitCode = EXIT_CODES.usage;
    return;
  }
  try {
    tell(await ask(reader, content, error));
  } catch (thrown) {
    if (!isMissing(thrown)) throw thrown;
    process.stderr.write(`READER_AWAY: no station serves ${reader}: start one, or name its socket\n`);
    process.exitCode = EXIT_CODES.fault;
  }
}

/** `roamgrid card`: the simulated card reader, a client of a station's reader socket. */
export function cardCommand(): Command {
  return new Command('card')
    .description('hold a card to the reader of a running station')
    .addArgument(new Argument('[text]', 'what the card holds: a CIN, or its 19 digits'))
    .requiredOption('--reader <socket>', 'the station’s reader socket; `npm start` prints it')
    .addOption(new Option('--error <reason>', 'the card cannot be read').choices(readErrors))
    .action(card);
}
