import { Dice } from './dice.ts';
import type { Interface } from './interface.ts';
import { endConnections } from './send.ts';

/** How long an answer may take: a command waits for the ledger, a swipe for the home utility, on a busy machine. */
const BOUND_MS = 60_000;
/** Inputs under way at once. */
const SIDE_BY_SIDE = 12;
/** Between two looks whether everything still lives. */
const ROUND = 200;
/** Faults told in full. */
const MOST_TOLD = 200;

export interface Count {
  inputs: number;
  crashes: number;
  hangs: number;
  untyped: number;
  errors500: number;
}

export interface FuzzReport extends Count {
  readonly seed: number;
  readonly byInterface: Readonly<Record<string, Count>>;
}

export interface FuzzOptions {
  readonly interfaces: readonly [Interface, ...Interface[]];
  readonly inputs: number;
  readonly seed: number;
  /** Number of the first input, to have again what was found behind it; the first of all when absent. */
  readonly first?: number;
  /** How long an answer may take. */
  readonly boundMs?: number;
  /** Told what is wrong, for whoever mends it. */
  readonly onFault: (text: string) => void;
  readonly onProgress: (done: number) => void;
  /** Faults that nobody caught, and parts that had to be started again, since it was asked last. */
  readonly crashed?: () => number;
}

const none = (): Count => ({ inputs: 0, crashes: 0, hangs: 0, untyped: 0, errors500: 0 });

const KINDS = { untyped: 'untyped', error500: 'errors500', hang: 'hangs' } as const;

/** Whether nothing happened that no input may cause. */
export const isClean = ({ crashes, hangs, untyped, errors500 }: Count): boolean =>
  crashes + hangs + untyped + errors500 === 0;

/** Sends every interface its share of inputs, and counts what no input may cause. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const {
    interfaces,
    inputs,
    seed,
    onFault,
    onProgress,
    first = 0,
    crashed = () => 0,
    boundMs = BOUND_MS,
  } = options;
  const counts = new Map(interfaces.map((one) => [one, none()]));
  const countOf = (one: Interface): Count => counts.get(one) ?? none();
  let told = 0;
  const tell = (text: string): void => {
    told += 1;
    if (told <= MOST_TOLD) onFault(text);
  };
  const tryAt = async (at: number): Promise<void> => {
    const one = interfaces[at % interfaces.length] ?? interfaces[0];
    const count = countOf(one);
    count.inputs += 1;
    // Each input has a beginning of its own: what runs beside it changes nothing in it.
    const { verdict, told: said } = await one.tryOne(new Dice((seed + at * 0x9e3779b1) >>> 0), boundMs);
    if (verdict === 'good') return;
    count[KINDS[verdict]] += 1;
    tell(`${verdict} at ${one.name}, input ${at}: ${said()}`);
  };
  const lookAtAll = async (): Promise<void> => {
    await Promise.all(
      interfaces.map(async (one) => {
        if (await one.isAlive()) return;
        countOf(one).crashes += 1;
        tell(`${one.name} does not answer any more`);
      }),
    );
    countOf(interfaces[0]).crashes += crashed();
  };
  for (let from = first; from < first + inputs; from += ROUND) {
    const until = Math.min(first + inputs, from + ROUND);
    let next = from;
    const lane = async (): Promise<void> => {
      while (next < until) {
        next += 1;
        await tryAt(next - 1);
      }
    };
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, lane));
    await lookAtAll();
    onProgress(until);
  }
  endConnections();
  const sum = (kind: keyof Count): number =>
    [...counts.values()].reduce((total, count) => total + count[kind], 0);
  return {
    seed,
    inputs: sum('inputs'),
    crashes: sum('crashes'),
    hangs: sum('hangs'),
    untyped: sum('untyped'),
    errors500: sum('errors500'),
    byInterface: Object.fromEntries([...counts].map(([{ name }, count]) => [name, count])),
  };
}
