import { readFileSync } from 'node:fs';
import {
  BodyFiles,
  blocksIn,
  nodePrimitives,
  verifyLedger,
  type LedgerTold,
  type LedgerTrusted,
  type LedgerVerdict,
} from '@roamgrid/auditor/node';
import { EXIT_CODES } from '../exit-codes.ts';
import { amountText } from './amount-text.ts';

/** `roamgrid verify --blocks FOLDER`: a whole ledger, from its blocks, and from the bodies of one party. */

export interface LedgerOptions {
  readonly blocks: string;
  readonly bodies?: string;
  readonly checkpoint?: string;
  readonly json?: boolean;
}

const PROGRESS_MS = 2_000;

/** Says on standard error how far it is, so that a long run is not taken for one that hangs. */
const progressTo = (say: (line: string) => void) => {
  let saidAtMs = performance.now();
  return (blocks: number, transactions: number): void => {
    const nowMs = performance.now();
    if (nowMs - saidAtMs < PROGRESS_MS) return;
    saidAtMs = nowMs;
    say(`${blocks} blocks, ${transactions} transactions\n`);
  };
};

const countsOf = (told: LedgerTold) => {
  const { transactions, valid, lanes, invoices, nettings, payments, bodies } = told;
  const sum = { opened: 0, closed: 0, voided: 0, expired: 0 };
  for (const tally of lanes.values())
    for (const name of ['opened', 'closed', 'voided', 'expired'] as const) sum[name] += tally[name];
  const states = (counts: ReadonlyMap<string, number>) =>
    Object.fromEntries([...counts].filter(([, count]) => count > 0));
  return {
    ...{ transactions, valid, lanes: lanes.size, sessions: sum },
    ...{ invoices: states(invoices), nettings, payments: states(payments) },
    ...{ reservations: states(told.reservations), charges: states(told.charges) },
    ...{ allocations: told.allocations, tampering: told.tampering },
    ...{ houseBatches: told.houseBatches, creditMoves: told.creditMoves },
    bodies: bodies && {
      ...bodies,
      energyWh: bodies.energyWh.toString(),
      serversWh: bodies.serversWh.toString(),
      givenWh: bodies.givenWh.toString(),
      gridInWh: bodies.gridInWh.toString(),
      gridOutWh: bodies.gridOutWh.toString(),
      totalMicros: Object.fromEntries([...bodies.totalMicros].map(([of, micros]) => [of, micros.toString()])),
    },
  };
};

const lineOf = (verdict: LedgerVerdict, ms: number): string => {
  if (!verdict.holds) return `does not hold: ${verdict.firstFailure}`;
  const { trusted, told } = verdict;
  const { sessions, transactions } = countsOf(told);
  const of = `${trusted.channel}, ${trusted.blocks} blocks, ${transactions} transactions`;
  const ended = `${sessions.closed} closed, ${sessions.voided} voided, ${sessions.expired} expired`;
  const money = [...(told.bodies?.totalMicros ?? [])].map(
    ([currency, micros]) => `${amountText(micros)} ${currency}`,
  );
  const bodies =
    told.bodies === undefined
      ? ''
      : `, ${told.bodies.sessions} by the bodies of ${told.bodies.of}: ${[`${told.bodies.energyWh} Wh`, ...money].join(', ')}`;
  const by =
    trusted.signers.length === 0 ? ' (no checkpoint was given: that it is the only chain is not proven)' : '';
  return `holds: ${of}, ${sessions.opened} sessions (${ended})${bodies}, in ${(ms / 1_000).toFixed(1)} s${by}`;
};

/** What `--json` prints. */
export interface LedgerReport {
  readonly holds: boolean;
  readonly firstFailure: string | null;
  readonly trusted: LedgerTrusted | null;
  readonly ms: number;
  readonly counts: ReturnType<typeof countsOf> | null;
}

const reportOf = (verdict: LedgerVerdict, ms: number): LedgerReport => ({
  holds: verdict.holds,
  firstFailure: verdict.holds ? null : verdict.firstFailure,
  trusted: verdict.trusted ?? null,
  ms: Math.round(ms),
  counts: verdict.holds ? countsOf(verdict.told) : null,
});

const exitCodeOf = (verdict: LedgerVerdict): number => {
  if (verdict.holds) return EXIT_CODES.ok;
  return verdict.isUnreadable ? EXIT_CODES.refused : EXIT_CODES.checkFailed;
};

export const verifyLedgerIn = async (options: LedgerOptions): Promise<void> => {
  const startedAtMs = performance.now();
  const verdict = await verifyLedger(nodePrimitives, () => blocksIn(options.blocks), {
    checkpoint: options.checkpoint === undefined ? undefined : readFileSync(options.checkpoint, 'utf8'),
    bodies: options.bodies === undefined ? undefined : () => new BodyFiles(options.bodies ?? ''),
    onBlock: progressTo((line) => process.stderr.write(line)),
  });
  const ms = performance.now() - startedAtMs;
  process.stdout.write(
    `${options.json === true ? JSON.stringify(reportOf(verdict, ms)) : lineOf(verdict, ms)}\n`,
  );
  process.exitCode = exitCodeOf(verdict);
};
