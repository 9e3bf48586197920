/**
 * Starting where there is no network beside starting through the network, in one run (SECURE-11): a phone at a charger in another process, only
 * frames between them; and a card at a station, from its swipe to the start, through gateway, router and home's AAA node on the embedded ledger, of
 * visitors who were not there before and of those who were. The way of station to gateway and that of router to home are wide-area legs.
 * `npx tsx bench/src/offline-start.ts --help`.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { unwrap } from '@roamgrid/domain';
import { BEARER } from '@roamgrid/offline';
import { openUnderground, SlowLegs } from '@roamgrid/stories/offline';
import { HOMES, replay } from '@roamgrid/stories/replay';
import { Command } from 'commander';

interface Options {
  readonly starts: string;
  readonly delayMs: string;
  readonly out?: string;
}

interface Start {
  /** From the phone's first word until it hears that it charges. */
  readonly tookMs: number;
  /** Lengths of the frames that this took. */
  readonly frames: readonly number[];
}

const MINUTE_MS = 60_000;
/** Bits a second of ISO/IEC 14443, and bytes around each frame that it sends. */
const [NFC_BITS_PER_S, NFC_AROUND_BYTES] = [106_000, 5];
/** A frame goes at the next connection event. */
const BLE_INTERVAL_MS = 30;

const round = (ms: number): number => Math.round(ms * 100) / 100;
const figures = (took: readonly number[]) => {
  const sorted = [...took].sort((a, b) => a - b);
  const at = (part: number) =>
    round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0);
  return { p50: at(0.5), p99: at(0.99) };
};
const nfcMs = ({ frames }: Start): number =>
  frames.reduce((sum, length) => sum + ((length + NFC_AROUND_BYTES) * 8_000) / NFC_BITS_PER_S, 0);

/** Sessions of a minute, one after the other at one outlet, each of another driver; then all drivers once more. */
const throughNetwork = async (starts: number, delayMs: number) => {
  const stateDir = mkdtempSync(join(tmpdir(), 'offline-start-'));
  const firstMs = Date.UTC(2026, 0, 5, 8);
  const sessions = Array.from({ length: 2 * starts }, (_, at) => ({
    ...{ sessionId: `s${at}`, stationId: 'cp1', connector: '1', energyWh: 300n },
    ...{ startMs: firstMs + 2 * at * MINUTE_MS, endMs: firstMs + (2 * at + 1) * MINUTE_MS },
  }));
  const far = ['gbpkc/gateway', ...HOMES.map(({ utilityId }) => `${utilityId.toLowerCase()}/aaa`)];
  const legs = new SlowLegs(delayMs, (name) => far.includes(name));
  try {
    const { latencyMs, reconciliation } = await replay({
      file: { sessions, refused: [], timeZone: 'Europe/London', notes: [] },
      ...{
        timeZone: 'Europe/London',
        maxPowerW: 22_000n,
        stateDir,
        times: 1,
        inFlight: 1,
        speedUp: Infinity,
      },
      ...{ customersPerHome: Math.ceil(starts / HOMES.length), ledger: { kind: 'embedded' }, processes: [] },
      ...{ logLevel: 'silent', between: legs, progress: (text: string) => process.stderr.write(`${text}\n`) },
    });
    if (!reconciliation.exact) throw new Error('the sessions do not add up');
    return latencyMs;
  } finally {
    legs.close();
    rmSync(stateDir, { recursive: true, force: true });
  }
};

const underground = async (starts: number) => {
  const folder = mkdtempSync(join(tmpdir(), 'underground-'));
  const there = await openUnderground(folder, { frameBytes: BEARER.gattUsual });
  try {
    const all: Start[] = [];
    for (let at = 0; at < starts; at += 1) {
      const [carried, overheard] = [await there.phone(), { frames: [] as Uint8Array[] }];
      await there.charger().act('plug-in');
      const { met, tookMs } = await there.meet(carried, { kind: 'start', energyWh: 10_000n }, { overheard });
      all.push({ tookMs, frames: overheard.frames.map(({ length }) => length) });
      await unwrap(met).end();
      const { met: stopped } = await there.meet(carried, { kind: 'stop' });
      await there.collect(unwrap(stopped));
      await unwrap(stopped).end();
      await there.charger().act('unplug');
    }
    return all;
  } finally {
    await there.close();
    rmSync(folder, { recursive: true, force: true });
  }
};

const shown = ({ p50, p99 }: { readonly p50: number; readonly p99: number }) => ({ p50, p99 });

async function measure({ starts: asked, delayMs, out }: Options): Promise<void> {
  const starts = Number(asked);
  const load = loadavg()[0];
  const offline = await underground(starts);
  const [far, near] = [await throughNetwork(starts, Number(delayMs)), await throughNetwork(starts, 0)];
  const alone = figures(offline.map(({ tookMs }) => tookMs));
  const byNfc = figures(offline.map((start) => start.tookMs + nfcMs(start)));
  const byBle = figures(offline.map((start) => start.tookMs + BLE_INTERVAL_MS * start.frames.length));
  const times = (network: { readonly p50: number }, own = alone) => round(network.p50 / own.p50);
  const result = {
    starts,
    delayEachWayMs: Number(delayMs),
    machine: { processor: cpus()[0]?.model ?? 'unknown', cores: cpus().length, load },
    ms: {
      offline: alone,
      offlineWithNfc: byNfc,
      offlineWithBle: byBle,
      firstVisit: shown(far.firstVisit),
      keptProfile: shown(far.returning),
      firstVisitWithoutDelay: shown(near.firstVisit),
      keptProfileWithoutDelay: shown(near.returning),
    },
    frames: {
      count: offline[0]?.frames.length,
      bytes: offline[0]?.frames.reduce((sum, one) => sum + one, 0),
    },
    ratioOfP50: {
      firstVisit: times(far.firstVisit),
      keptProfile: times(far.returning),
      firstVisitWithoutDelay: times(near.firstVisit),
      keptProfileWithoutDelay: times(near.returning),
      firstVisitWithNfc: times(far.firstVisit, byNfc),
      firstVisitWithBle: times(far.firstVisit, byBle),
    },
  };
  const text = `${JSON.stringify(result, undefined, 2)}\n`;
  process.stdout.write(text);
  if (out !== undefined) writeFileSync(out, text);
}

await new Command('offline-start')
  .description('How much sooner a car charges where nobody has to be asked.')
  .option('--starts <count>', 'starts of each kind', '500')
  .option('--delay-ms <ms>', 'of each wide-area leg, each way', '50')
  .option('--out <json>', 'write what came of it')
  .action(measure)
  .parseAsync();
