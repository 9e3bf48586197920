import { parseArgs } from 'node:util';
import { removals } from '../../src/guards/removals.ts';
import { guardTests } from '../../src/guards/tests.ts';
import { World } from '../../src/guards/world.ts';
import { LiveLedger, type Contracts } from '../../src/testing/live-ledger.ts';
import { Sources } from './sources.ts';
import { inMemory, serving, variantsOf, type Variant } from './variants.ts';

/**
 * Shows what each guard of the contracts is for: takes one away at a time and runs the guards' tests against what is left.
 * Exactly the guard's own test may fail. That one runs against two endorsers; the others run on a ledger in memory, or
 * against two endorsers too when asked.
 */

const USAGE = `usage: npm run guards -- [--only GUARD]... [--live] [--json]

Takes each guard out of the contracts, one at a time, and prints which of the guards' tests fail.
  --only GUARD   this guard alone; may be repeated
  --live         every test against two endorsers, not just the one that must fail: minutes instead of seconds
  --json         one JSON document instead of lines
Exit status: 0 when each guard's own test and no other fails, and none while nothing is taken out; 1 otherwise; 2 wrong use.`;

/** Variants that are tested at the same time: what waits for the ledger leaves the processor to the others. */
const AT_ONCE = 4;

interface Found {
  readonly variant: Variant;
  /** Guards whose tests failed, with what they said. */
  readonly failed: ReadonlyMap<string, string>;
}

const messageOf = (thrown: unknown): string =>
  (thrown instanceof Error ? thrown.message : String(thrown)).split('\n').slice(0, 2).join(' ');

const failuresOf = async (
  contracts: Contracts,
  ids: (id: string) => boolean,
): Promise<ReadonlyMap<string, string>> => {
  const world = new World(contracts);
  await world.setUp();
  const failed = new Map<string, string>();
  for (const { id, run } of guardTests.filter((test) => ids(test.id))) {
    try {
      await run(world);
    } catch (thrown) {
      failed.set(id, messageOf(thrown));
    }
  }
  return failed;
};

const isAsItShould = ({ variant: { removal }, failed }: Found): boolean =>
  removal === undefined ? failed.size === 0 : failed.size === 1 && failed.has(removal.guard);

const lineOf = (found: Found): string => {
  const { variant, failed } = found;
  const { removal } = variant;
  const what =
    removal === undefined
      ? 'nothing taken out'
      : `${removal.guard}, taken out of ${removal.file}: ${removal.find.trim().split('\n')[0] ?? ''}`;
  const which = failed.size === 0 ? 'no test' : [...failed.keys()].join(', ');
  const why = isAsItShould(found) ? [] : [...failed].map(([id, message]) => `\n         ${id}: ${message}`);
  return `${isAsItShould(found) ? 'ok   ' : 'WRONG'}  ${what}\n       fails: ${which}${why.join('')}`;
};

/** Runs every variant, a few at a time, and tells of each when it is done. */
const runAll = async (
  variants: readonly Variant[],
  run: (variant: Variant) => Promise<Found>,
  tell: (found: Found) => void,
): Promise<readonly Found[]> => {
  const waiting = [...variants];
  const done: Found[] = [];
  const work = async (): Promise<void> => {
    for (let variant = waiting.shift(); variant !== undefined; variant = waiting.shift()) {
      const found = await run(variant);
      tell(found);
      done.push(found);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return variants.flatMap((variant) => done.filter((found) => found.variant === variant));
};

interface Asked {
  readonly only: readonly string[];
  readonly live: boolean;
  readonly json: boolean;
}

const show = async ({ only, live, json }: Asked): Promise<boolean> => {
  const startedMs = performance.now();
  const variants = variantsOf(removals.filter(({ guard }) => only.length === 0 || only.includes(guard)));
  const ledger = await LiveLedger.start({ simulated: true, startChaincodes: serving(variants) });
  const sources = new Sources();
  const run = async (variant: Variant): Promise<Found> => {
    const { name, removal } = variant;
    const isLive = (id: string): boolean => live || removal === undefined || removal.guard === id;
    const found = await failuresOf(ledger.named(name), isLive);
    if (live || removal === undefined) return { variant, failed: found };
    const others = await failuresOf(inMemory(sources, variant), (id) => !isLive(id));
    return { variant, failed: new Map([...found, ...others]) };
  };
  const tell = (found: Found): void => {
    if (!json) process.stdout.write(`${lineOf(found)}\n`);
  };
  // oxlint-disable-next-line typescript/no-misused-promises -- `finally` waits for it
  const all = await runAll(variants, run, tell).finally(() => ledger.stop());
  const good = all.filter(isAsItShould).length;
  const tookS = ((performance.now() - startedMs) / 1_000).toFixed(0);
  const shown = all.map((found) => ({
    ...(found.variant.removal ?? { guard: null }),
    failed: Object.fromEntries(found.failed),
    asItShould: isAsItShould(found),
  }));
  process.stdout.write(
    json
      ? `${JSON.stringify(shown, null, 2)}\n`
      : `${good} of ${all.length} as they should be, in ${tookS} s\n`,
  );
  return good === all.length;
};

const parse = () => {
  try {
    return parseArgs({
      options: {
        only: { type: 'string', multiple: true, default: [] },
        live: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch {
    return undefined;
  }
};

const asked = parse();
const unknown = asked?.only.filter((id) => !guardTests.some((test) => test.id === id)) ?? [];
if (asked?.help === true) process.stdout.write(`${USAGE}\n`);
else if (asked === undefined || unknown.length > 0) {
  if (unknown.length > 0) process.stderr.write(`there is no guard ${unknown.join(', ')}\n`);
  process.stderr.write(`${USAGE}\n`);
  process.exitCode = 2;
} else {
  // What throws is logged by the shim's own handler, which ends nothing: until all is shown, it has failed.
  process.exitCode = 1;
  if (await show(asked)) process.exitCode = 0;
}
