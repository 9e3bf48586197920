import { readFileSync } from 'node:fs';
import { verifyBundle, type Told, type Verdict } from '@roamgrid/auditor';
import { nodePrimitives } from '@roamgrid/auditor/node';
import { Command } from 'commander';
import { EXIT_CODES } from '../exit-codes.ts';
import { amountText } from './amount-text.ts';
import { verifyLedgerIn } from './ledger.ts';

interface Options {
  readonly checkpoint?: string;
  readonly blocks?: string;
  readonly bodies?: string;
  readonly json?: boolean;
}

const usage = (text: string): void => {
  process.stderr.write(`roamgrid: ${text}\n`);
  process.exitCode = EXIT_CODES.usage;
};

const correctionsIn = ({ corrections }: NonNullable<Told['bill']>): string =>
  corrections === 0 ? '' : ` and ${corrections} of earlier bills corrected`;

/** Nothing of it is proven. */
const bookingsIn = ({ bookingsMicros, currency, utilityId }: NonNullable<Told['bill']>): string =>
  bookingsMicros === 0n
    ? ''
    : ` (${amountText(bookingsMicros)} ${currency} of it for reservations, by the word of ${utilityId} alone)`;

const givenIn = ({ givenMicros, currency, utilityId }: NonNullable<Told['bill']>): string =>
  givenMicros === 0n
    ? ''
    : ` (less ${amountText(givenMicros)} ${currency} for what a car gave, by the word of ${utilityId} alone)`;

const lineOf = (verdict: Verdict): string => {
  if (!verdict.holds) return `does not hold: ${verdict.firstFailure}`;
  const { sessions, bill, clearing } = verdict.told;
  const states = [...clearing].map(([key, state]) => `${key} ${state}`).join(', ');
  const [first] = sessions;
  const energyWh = sessions.reduce((sum, each) => sum + each.energyWh, 0n);
  const what =
    bill === undefined
      ? `${first?.sessionId ?? ''}, ${energyWh} Wh for ${amountText(first?.totalMicros ?? 0n)} ${first?.currency ?? ''}`
      : `bill of ${bill.utilityId}, ${sessions.length} sessions${correctionsIn(bill)}, ${energyWh} Wh, ${amountText(bill.payableMicros)} ${bill.currency} payable${bookingsIn(bill)}${givenIn(bill)}`;
  return `holds: ${what}, ${states === '' ? 'not invoiced' : states}`;
};

const exitCodeOf = (verdict: Verdict): number => {
  if (verdict.holds) return EXIT_CODES.ok;
  return verdict.isUnreadable ? EXIT_CODES.refused : EXIT_CODES.checkFailed;
};

const verdictJson = (verdict: Verdict): string =>
  JSON.stringify({
    holds: verdict.holds,
    firstFailure: verdict.holds ? null : verdict.firstFailure,
    trusted: verdict.trusted ?? null,
  });

const verifyBundleIn = async (bundle: string, checkpoint: string, options: Options): Promise<void> => {
  const files = [readFileSync(bundle, 'utf8'), readFileSync(checkpoint, 'utf8')] as const;
  const verdict = await verifyBundle(nodePrimitives, ...files);
  process.stdout.write(`${options.json === true ? verdictJson(verdict) : lineOf(verdict)}\n`);
  process.exitCode = exitCodeOf(verdict);
};

async function verify(bundle: string | undefined, options: Options): Promise<void> {
  const { blocks, bodies, checkpoint } = options;
  if ((bundle === undefined) === (blocks === undefined)) {
    usage('name a bundle, or a ledger by --blocks FOLDER');
    return;
  }
  try {
    if (blocks !== undefined) await verifyLedgerIn({ ...options, blocks });
    else if (bodies !== undefined) usage('--bodies goes with --blocks: a bundle has its own');
    else if (checkpoint === undefined) usage('name what you trust: --checkpoint FILE');
    else await verifyBundleIn(bundle ?? '', checkpoint, options);
  } catch (thrown) {
    process.stderr.write(`roamgrid: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
    process.exitCode = EXIT_CODES.refused;
  }
}

/** `roamgrid verify` */
export function verifyCommand(): Command {
  return new Command('verify')
    .description('whether a bill or a whole ledger holds, from files alone; nobody is asked')
    .argument('[bundle]', 'file of a session or bill, as `roamgrid audit bundle` makes it')
    .option('--checkpoint <file>', 'what you trust: the state of the channel that several utilities signed')
    .option(
      '--blocks <folder>',
      'a whole ledger: the blocks that a peer keeps, or that were fetched from one',
    )
    .option(
      '--bodies <folder>',
      'with --blocks: the private bodies of one party, as `roamgrid audit ledger` writes them',
    )
    .option('--json', 'print one JSON object: holds, firstFailure, trusted; of a ledger also ms and counts')
    .action(verify);
}
