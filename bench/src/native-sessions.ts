/**
 * Measures roaming sessions against the simplest honest Fabric application, both in one run on one native network, and
 * prints ratios as JSON. Needs Fabric's programs in FABRIC_BIN or PATH.
 * Run: `npx tsx bench/src/native-sessions.ts --help`.
 */
import { writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { BenchClient } from './native/client.ts';
import {
  baseFinality,
  baseRate,
  batchedAssetRate,
  proveSample,
  sessionFinality,
  sessionRate,
  sessionWindows,
  type Rate,
  type Rig,
} from './native/measure.ts';
import { GUARD_NAMES, type GuardName } from './native/guards.ts';
import { startNetwork } from './native/network.ts';
import { whileProfiling } from './native/profile.ts';
import { SessionMaker, type Spread } from './native/sessions.ts';
import { rounded } from './native/statistics.ts';

interface Flags {
  readonly orderer: 'raft' | 'bft';
  readonly transactions: number;
  readonly sessions: number;
  readonly seconds: number;
  readonly batch: number;
  readonly opening: number;
  readonly lanes: number;
  readonly stations: number;
  readonly customers: number;
  readonly wait: number;
  readonly cached: number;
  readonly consent: 'bound' | 'verified' | 'device';
  readonly blockTimeout?: number;
  readonly blockCount?: number;
  readonly cpuProf?: string;
  readonly without: readonly GuardName[];
  readonly out?: string;
}

const BASE_IN_FLIGHT = [64, 128, 256];
const BATCHED_ASSETS = 40_000;
const BATCHED_IN_FLIGHT = 8;
/** Of each side, until its code is compiled: the contracts' takes some thousand sessions. */
const WARM_UP = { transactions: 1000, sessions: 5000 };

const wholeNumber = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`${text} is not a whole number`);
  return value;
};

const guardAmong = (text: string, names: readonly GuardName[]): readonly GuardName[] => {
  const name = GUARD_NAMES.find((guard) => guard === text);
  if (name === undefined) throw new InvalidArgumentError(`there is no guard ${text}`);
  return [...names, name];
};

const best = (rates: readonly Rate[]): Rate =>
  rates.reduce((found, rate) => (rate.perSecond > found.perSecond ? rate : found));

const shown = ({ each }: Rate): string => `each ${JSON.stringify(each)}`;

async function measure(rig: Rig, flags: Flags, report: (line: string) => void) {
  const { batch, seconds } = flags;
  report(`registering ${flags.stations} stations, warming both sides up`);
  await rig.maker.prepare(rig.client);
  await rig.network.guardTimes();
  await baseRate(rig, WARM_UP.transactions, BASE_IN_FLIGHT[0] ?? 1);
  await sessionRate(rig, await rig.maker.work(WARM_UP.sessions));

  report('base: one asset of 300 bytes a transaction');
  const baseRates: Rate[] = [];
  for (const many of BASE_IN_FLIGHT) baseRates.push(await baseRate(rig, flags.transactions, many));
  const base = best(baseRates);
  report(`base: ${base.perSecond} a second with ${base.inFlight} in flight, ${shown(base)}`);

  report(`the base's assets, ${batch} in a transaction`);
  const batched = await batchedAssetRate(rig, Math.ceil(BATCHED_ASSETS / batch), batch, BATCHED_IN_FLIGHT);
  report(`batched assets: ${batched.perSecond} a second, ${shown(batched)}`);

  report(
    `ours: ${flags.sessions} sessions more, ${batch} in a settle, ${flags.lanes} lanes, ${flags.stations} stations`,
  );
  // The last window is profiled: the first shows compilers warming up.
  const measured = await sessionWindows(rig, rig.maker.made + flags.sessions, (run, isLast) =>
    whileProfiling(rig.network, isLast ? flags.cpuProf : undefined, run),
  );
  const { rate: ours, windows } = measured;
  report(`ours: ${ours.perSecond} sessions a second, ${shown(ours)}`);
  const again = await baseRate(rig, flags.transactions, base.inFlight);
  const proven = await proveSample(rig, measured.last);

  report('finality at half of the top rate');
  const baseMs = await baseFinality(rig, base.perSecond / 2, seconds);
  const finality = await sessionFinality(rig, ours.perSecond / 2, seconds, flags.wait);
  report('ten sessions a second');
  const atTen = await sessionFinality(rig, 10, seconds, flags.wait);

  // The base is measured before and after ours, so that a change of the machine's load does not flatter either.
  const basePerSecond = (base.perSecond + again.perSecond) / 2;
  return {
    ratios: {
      sessionsPerTransactionOfBase: rounded(ours.perSecond / basePerSecond),
      cpuOfBaseTransactionPerSession: rounded((base.each.cpuMs + again.each.cpuMs) / 2 / ours.each.cpuMs),
      bareBatchedAssetsPerTransactionOfBase: rounded(batched.perSecond / basePerSecond),
      ledgerBytesPerSessionToBaseTransaction: rounded(ours.each.ledgerBytes / base.each.ledgerBytes),
      cpuOfLastToFirstWindow: rounded((windows.at(-1)?.cpuMsEach ?? 0) / (windows[0]?.cpuMsEach ?? 1)),
    },
    base: { rates: baseRates, again, batched, finalityAtHalfRateMs: baseMs },
    ours: { ...rig.maker.spread, ...ours, finalityAtHalfRateMs: finality, atTenASecond: atTen },
    sessionsReadBackAndProven: proven,
    endorserWasBehind: rig.client.behind,
    orderingWasUnclear: rig.client.unsure,
    byWindow: windows,
  };
}

const spreadOf = ({ stations, lanes, opening, batch, cached, customers, consent }: Flags): Spread => ({
  stations,
  lanes,
  openedTogether: opening,
  batch,
  cachedPercent: cached,
  customers,
  bound: consent !== 'verified',
  device: consent === 'device',
});

async function run(flags: Flags): Promise<void> {
  const startedMs = Date.now();
  const report = (line: string): void => {
    process.stderr.write(`${((Date.now() - startedMs) / 1000).toFixed(1).padStart(6)} s  ${line}\n`);
  };
  const block = {
    ...(flags.blockTimeout !== undefined && { timeoutMs: flags.blockTimeout }),
    ...(flags.blockCount !== undefined && { maxMessageCount: flags.blockCount }),
  };
  const network = await startNetwork({
    orderer: flags.orderer,
    block,
    profiled: flags.cpuProf !== undefined,
    without: flags.without,
    report,
  });
  const client = new BenchClient(network.connection);
  try {
    const figures = await measure(
      { network, client, maker: new SessionMaker(spreadOf(flags)) },
      flags,
      report,
    );
    const machine = { cores: cpus().length, model: cpus()[0]?.model, node: process.version };
    const { orderer, without } = flags;
    const setting = { orderer, utilities: 2, peers: 3, block: network.block, without };
    const result = {
      at: new Date(startedMs).toISOString(),
      machine,
      loadAfter: loadavg(),
      setting,
      ...figures,
    };
    const text = `${JSON.stringify(result, null, 2)}\n`;
    process.stdout.write(text);
    if (flags.out !== undefined) await writeFile(flags.out, text);
  } finally {
    client.close();
    await network.stop();
  }
}

await new Command('native-sessions')
  .description('Roaming sessions against one asset a transaction, on one native Fabric network.')
  .addOption(new Option('--orderer <kind>', 'ordering').choices(['raft', 'bft']).default('raft'))
  .option('--transactions <n>', 'transactions of the base at each level of concurrency', wholeNumber, 2000)
  .option('--sessions <n>', 'sessions that the top rate is measured with', wholeNumber, 40_000)
  .option('--seconds <n>', 'how long the pace of half the top rate is kept', wholeNumber, 10)
  .option('--batch <n>', 'sessions in a settle', wholeNumber, 500)
  .option('--opening <n>', 'sessions in an opening', wholeNumber, 100)
  .option('--lanes <n>', 'lanes, each with one command in flight', wholeNumber, 4)
  .option('--stations <n>', 'stations, each with a meter', wholeNumber, 400)
  .option('--customers <n>', 'customers of a lane, each with a kept profile', wholeNumber, 700)
  .option('--wait <ms>', 'how long facts wait to be told together', wholeNumber, 100)
  .option(
    '--cached <percent>',
    'sessions that start on a cached visitor profile; in the replay of a month it was 85',
    wholeNumber,
    85,
  )
  .addOption(
    new Option(
      '--consent <how>',
      'bound: by the meter; verified: the station’s signature too; device: bound, and the driver’s device signs',
    )
      .choices(['bound', 'verified', 'device'])
      .default('bound'),
  )
  .option('--block-timeout <ms>', "the channel's batch timeout", wholeNumber)
  .option('--block-count <n>', 'transactions in a block at most', wholeNumber)
  .option('--cpu-prof <file>', 'write a CPU profile of one chaincode process under the top rate')
  .addOption(
    new Option(
      '--without <guard>',
      `build the contracts without this guard, one of ${GUARD_NAMES.join(', ')}; may be repeated`,
    )
      .argParser(guardAmong)
      .default([]),
  )
  .option('--out <file>', 'also write the result here')
  .action(run)
  .parseAsync();
