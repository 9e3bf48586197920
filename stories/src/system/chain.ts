import { join } from 'node:path';
import type { AaaNodeConfig } from '@roamgrid/aaa-node';
import { serveChain, type ServedChain } from '@roamgrid/chain-simulator';
import {
  accountOf,
  connectChain,
  createdAt,
  creationOf,
  deployUnsigned,
  readBalance,
  tokenCall,
  type Connection,
} from '@roamgrid/escrow';
import { privateFolder } from '@roamgrid/service-kit/runtime';
import { inProcessPart, type Supervisor } from '@roamgrid/utility';
import type { UtilityDefinition } from './consortium.ts';
import type { KeyRing } from './key-ring.ts';
import type { PortBook } from './port-book.ts';
import type { TokenTuning } from './utility.ts';

/** A number that no public chain has. */
export const CHAIN_ID = 424_242n;
/** The contracts are for this EVM and later ones. */
const HARDFORK = 'shanghai';
/** A base unit of the token is a micro of the currency. */
const DECIMALS = 6;
const CURRENCY = 'USD';
/** What each utility has at the beginning: of the token, and for gas. */
const TOKENS = 1_000_000_000_000n;
const GAS_MONEY = '0xde0b6b3a7640000';
const FEE_CAP_PER_GAS = '1000000000000';
/** The node's first funded account, which is the same at each start: it creates what is there, in this order. */
const CREATOR = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266';
const [ESCROW, NETTING_ESCROW, TOKEN] = [0, 1, 2].map((nonce) => createdAt(CREATOR, nonce)) as [
  string,
  string,
  string,
];
const ASK_MS = 30_000;

/** The chain of a system on this machine. */
export interface LocalChain extends ServedChain {
  readonly token: string;
  readonly escrow: string;
  /** A utility's own account. */
  accountOf(utilityId: string): string;
  settingsOf(utilityId: string): NonNullable<AaaNodeConfig['token']>;
  /** Gives an account tokens and money for gas, as one gets them from elsewhere. */
  fund(account: string, tokens: bigint): Promise<void>;
  /** Speaks to the node itself, which does more than a public one. */
  within<T>(work: (chain: Connection) => Promise<T>): Promise<T>;
}

interface ChainGround {
  readonly stateDir: string;
  readonly keys: KeyRing;
  readonly ports: PortBook;
  readonly supervisor: Supervisor;
  readonly utilities: readonly UtilityDefinition[];
}

const speak = async <T>(url: string, work: (chain: Connection) => Promise<T>): Promise<T> => {
  const chain = connectChain({ url, chainId: CHAIN_ID, requestMs: ASK_MS });
  try {
    return await work(chain);
  } finally {
    chain.close();
  }
};

const give = async (chain: Connection, account: string, tokens: bigint): Promise<void> => {
  await chain.ask('anvil_setBalance', [account, GAS_MONEY]);
  if ((await readBalance(chain, TOKEN, account)) >= tokens) return;
  await chain.ask('eth_sendTransaction', [
    { from: CREATOR, to: TOKEN, data: tokenCall.mint(account, tokens), gas: '0x30d40' },
  ]);
};

/** Contracts where everybody expects them, and something to pay with. */
const prepare = (accounts: readonly string[]) => (url: string) =>
  speak(url, async (chain) => {
    if ((await chain.ask('eth_getCode', [TOKEN, 'latest'])) === '0x')
      for (const data of [
        creationOf('SessionEscrow'),
        creationOf('NettingEscrow'),
        creationOf('TestToken', ['Dollar', CURRENCY, DECIMALS]),
      ])
        await deployUnsigned(chain, CREATOR, data, ASK_MS);
    for (const account of accounts) await give(chain, account, TOKENS);
  });

/** A chain for a system's utilities and drivers, a part that its supervisor keeps up; the node behind it starts when it is asked. */
export const startChain = async (
  { pays, depth, blockEveryS }: TokenTuning,
  { stateDir, keys, ports, supervisor, utilities }: ChainGround,
): Promise<LocalChain> => {
  const keyOf = (utilityId: string) => `0x${keys.secret(`${utilityId}-chain`)}`;
  const accounts = new Map(
    utilities.map(({ utilityId }) => [utilityId, accountOf(keyOf(utilityId))] as const),
  );
  const folder = join(stateDir, 'chain');
  privateFolder(folder);
  const port = await ports.port('chain');
  let served: ServedChain | undefined;
  await supervisor.run(
    inProcessPart(
      'chain',
      async () =>
        (served = await serveChain({
          chainId: CHAIN_ID,
          hardfork: HARDFORK,
          stateFile: join(folder, 'state.json'),
          ...(blockEveryS === undefined ? {} : { blockEveryS }),
          port,
          prepare: prepare([...accounts.values()]),
        })),
    ),
  );
  const now = (): ServedChain => {
    if (served === undefined) throw new Error('the chain does not run');
    return served;
  };
  const within: LocalChain['within'] = async (work) => speak((await now().node()).url, work);
  return {
    get url() {
      return now().url;
    },
    get isRunning() {
      return now().isRunning;
    },
    node: () => now().node(),
    close: () => now().close(),
    token: TOKEN,
    escrow: ESCROW,
    within,
    accountOf: (utilityId) => accountOf(keyOf(utilityId)),
    fund: (account, tokens) => within((chain) => give(chain, account, tokens)),
    settingsOf: (utilityId) => ({
      url: `http://localhost:${port}`,
      chainId: CHAIN_ID.toString(),
      depth,
      escrow: ESCROW,
      token: TOKEN,
      currency: CURRENCY,
      accountKey: keyOf(utilityId),
      folder: join(folder, utilityId.toLowerCase()),
      feeCapPerGas: FEE_CAP_PER_GAS,
      netting: {
        escrow: NETTING_ESCROW,
        members: Object.fromEntries(
          [...accounts].filter(([other]) => other === utilityId || pays(utilityId, other)),
        ),
      },
    }),
  };
};
