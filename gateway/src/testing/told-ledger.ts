import { randomUUID } from 'node:crypto';
import {
  by,
  groundwork,
  makeKey,
  MSP,
  openSession,
  SITE,
  station,
  type Lane,
  type OpenedSession,
  type Site,
} from '@roamgrid/chaincode/testing';
import { DEFAULT_CHANNEL } from '@roamgrid/test-network';
import { canonicalJson, laneParts, type ContractName } from '@roamgrid/wire';
import { createLogger, openStore, type Store } from '@roamgrid/service-kit';
import { gatewayConfig } from '../config.ts';
import type { Committed, Ledger } from '../ledger/ledger.ts';
import { openLedger } from '../ledger/open-ledger.ts';
import { BlockReader } from '../read-model/reader.ts';
import { Registry } from '../registry/registry.ts';
import { migrations } from '../store/migrations.ts';
import type { GatewayDb } from '../store/schema.ts';
import { beforeStop, freshLedgerRig, type LedgerRig } from './ledger-rig.ts';
import { until } from './until.ts';

const BOTH = [MSP.USALP, MSP.USDUK];

/** A station for each test file's lane: the numbers of one do not show in another. */
const SITES: ReadonlyMap<string, Site> = new Map(
  ['j0', 'e0', 'r0'].map((group) => [
    group,
    {
      stationId: `duk-${group}`,
      evseId: `US*DUK*E${group.toUpperCase()}*1`,
      meterId: `DUK-M-${group}`,
      station: makeKey(`duk-station-${group}`),
      meter: makeKey(`duk-meter-${group}`),
    },
  ]),
);

/** The outlet where sessions of a lane happen. */
export const siteOf = (laneId: string): Site => SITES.get(laneParts(laneId).group) ?? SITE;

const registration = (group: string, site: Site): Call => ({
  caller: by('USDUK', 'operator'),
  verb: 'consortium.registerStation',
  command: {
    station: {
      ...station(),
      stationId: site.stationId,
      group,
      evses: [
        {
          evseId: site.evseId,
          meterId: site.meterId,
          meterKey: { ...site.meter.jwk },
          maxPowerW: '150000',
        },
      ],
      signingKey: { ...site.station.jwk },
    },
  },
});

/** A call as the contracts' own fixtures make them. */
export type Call = Omit<ReturnType<Lane['open']>, 'transient'> & {
  readonly transient?: Readonly<Record<string, string>>;
};

/** What one organisation's gateway knows of the chain. */
export interface ReadSide {
  readonly store: Store<GatewayDb>;
  readonly registry: Registry;
  /** Waits until a block is in. */
  readUpTo(block: bigint): Promise<void>;
}

/**
 * A ledger with real contracts and a consortium, told by the contracts' fixtures and read as gateways read it: for what
 * no station can bring about, such as sessions that expire.
 */
export class ToldLedger {
  readonly rig: LedgerRig;
  /** When everything was registered: sessions begin after it. */
  readonly readyMs: number;
  /** The block that had all of it. */
  readonly readyBlock: bigint;
  readonly #ledgers = new Map<string, Ledger>();

  private constructor(rig: LedgerRig, readyBlock: bigint) {
    this.rig = rig;
    this.readyMs = Date.now();
    this.readyBlock = readyBlock;
  }

  static async start(): Promise<ToldLedger> {
    const rig = await freshLedgerRig({ endorsers: BOTH });
    const told = new ToldLedger(rig, 0n);
    let block = 0n;
    for (const step of groundwork()) ({ blockNumber: block } = await told.tell(step));
    for (const [group, site] of SITES) ({ blockNumber: block } = await told.tell(registration(group, site)));
    return new ToldLedger(rig, block);
  }

  /** Another connection of an organisation. */
  connect(mspId: string): Ledger {
    const { ledger } = gatewayConfig.parse({
      name: mspId,
      database: { stateDir: this.rig.stateDir, name: 'unused' },
      ledger: this.rig.connection(mspId),
      trusted: [],
    });
    const opened = openLedger(ledger);
    beforeStop(() => {
      opened.close();
      return Promise.resolve();
    });
    return opened;
  }

  /** Endorsed by both parties. */
  tell(call: Call): Promise<Committed> {
    const { mspId, role } = call.caller;
    if (role === undefined) throw new Error('whoever tells something has a role');
    const ledger = this.#ledgers.get(mspId) ?? this.connect(mspId);
    this.#ledgers.set(mspId, ledger);
    const [contract = '', transaction = ''] = call.verb.split('.');
    return ledger.submit({
      contract: contract as ContractName,
      transaction,
      argument: canonicalJson({ commandId: randomUUID(), ...call.command }),
      ...(call.transient && { transient: call.transient }),
      endorsers: BOTH,
      role,
    });
  }

  /** Reads the chain as an organisation's gateway does. */
  async read(
    mspId: string,
    database: string,
    through: (ledger: Ledger) => Ledger = (ledger) => ledger,
  ): Promise<ReadSide> {
    const store = await openStore<GatewayDb>({
      stateDir: this.rig.stateDir,
      database,
      schema: 'gateway',
      migrations,
      connections: 2,
    });
    const registry = new Registry(store.db);
    await registry.load();
    const reader = new BlockReader({
      ledger: through(this.connect(mspId)),
      db: store.db,
      logger: createLogger('reader', { level: 'silent' }),
      onBlock: (changes) => {
        registry.apply(changes);
      },
      onCatchUp: () => registry.load(),
    });
    await reader.start();
    beforeStop(async () => {
      await reader.stop();
      await store.close();
    });
    const readUpTo = async (block: bigint): Promise<void> => {
      await until(`block ${block} is read`, () => {
        if (reader.state.fault !== undefined) throw new Error(reader.state.fault);
        return Promise.resolve(reader.state.nextBlock > block ? true : undefined);
      });
    };
    return { store, registry, readUpTo };
  }
}

let shared: Promise<ToldLedger> | undefined;

/** One for all test files; each has lanes of its own. */
export const toldLedger = (): Promise<ToldLedger> => (shared ??= ToldLedger.start());

/** Sessions of a real ledger, whose clock nobody sets: an hour is a second. */
export const sessionAt = (
  { readyMs }: ToldLedger,
  number: number,
  over: Parameters<typeof openSession>[1] = {},
): Promise<OpenedSession> => {
  const pace = { baseMs: readyMs + 1_000, hourMs: 1_000 };
  const openedAtMs = over.openedAtMs ?? pace.baseMs + (number - 1) * 2 * pace.hourMs;
  return openSession(number, {
    pace,
    ...(over.lane !== undefined && { site: siteOf(over.lane) }),
    ...over,
    quote: {
      channel: DEFAULT_CHANNEL,
      issuedAtMs: openedAtMs - 500,
      plannedMs: 2 * pace.hourMs,
      ...over.quote,
    },
    profile: { validFromMs: readyMs, ...over.profile },
  });
};
