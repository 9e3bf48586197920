import { fileURLToPath } from 'node:url';
import { CHAINCODE_NAME } from '@roamgrid/wire';
import { freePort, startChaincodeProcess } from '@roamgrid/test-network';
import type { Removal } from '../../src/guards/removal.ts';
import { removals } from '../../src/guards/removals.ts';
import type { Contracts, LiveOptions } from '../../src/testing/live-ledger.ts';
import type { MemoryLedger } from '../../src/testing/memory-ledger.ts';
import { NOW_MS } from '../../src/testing/parties.ts';
import type { Sources } from './sources.ts';

/** The contracts whole, or with one guard taken out. */
export interface Variant {
  /** Name of its chaincode. */
  readonly name: string;
  readonly removal?: Removal;
}

/** The whole contracts, and one variant for each removal. */
export const variantsOf = (chosen: readonly Removal[]): readonly Variant[] => [
  { name: CHAINCODE_NAME },
  ...chosen.map((removal) => ({
    name: `${CHAINCODE_NAME}-${removals.indexOf(removal).toString()}`,
    removal,
  })),
];

const HOST = fileURLToPath(new URL('host.ts', import.meta.url));

const given = new Set<number>();

/** A port that was given to no variant of any organisation: it is free for longer than a moment before it is used. */
const unusedPort = async (): Promise<number> => {
  const port = await freePort();
  if (given.has(port)) return unusedPort();
  given.add(port);
  return port;
};

/** Serves every variant by one process an organisation. */
export const serving =
  (variants: readonly Variant[]): NonNullable<LiveOptions['startChaincodes']> =>
  async (mspId, env) => {
    const addresses: string[] = [];
    for (const _variant of variants) addresses.push(`127.0.0.1:${(await unusedPort()).toString()}`);
    const served = variants.map(({ name, removal }, index) => ({
      ccid: `${name}:1`,
      address: addresses[index] ?? '',
      ...(removal && { removal: removals.indexOf(removal) }),
    }));
    const host = await startChaincodeProcess({
      path: HOST,
      mspId,
      ccid: 'guards',
      env: { ...env, GUARD_VARIANTS: JSON.stringify(served) },
    });
    return variants.map(({ name }, index) => ({
      name,
      address: addresses[index] ?? '',
      stop: () => (index === 0 ? host.stop() : Promise.resolve()),
    }));
  };

const MEMORY = 'chaincode/src/testing/memory-ledger.ts';

/** A variant on a ledger held in memory: no endorser, the same verbs. */
export const inMemory = (sources: Sources, { removal }: Variant): Contracts => {
  const exports = removal === undefined ? sources.whole(MEMORY) : sources.without(MEMORY, removal);
  const ledger = new (exports as { MemoryLedger: typeof MemoryLedger }).MemoryLedger();
  return {
    submit: async (call) => (await ledger.submit(call)).answer,
    endorse: async (call) => {
      const { public: records } = await ledger.trial(call);
      return Buffer.from(JSON.stringify({ records, command: call.command }), 'utf8');
    },
    evaluate: async (call) => (await ledger.submit({ ...call, nowMs: NOW_MS })).answer,
  };
};
