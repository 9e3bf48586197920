import { startSimulatedNode } from '@roamgrid/chain-simulator';
import { getAddress, type Interface } from 'ethers';
import { connectChain, type Connection } from '../chain/connection.ts';
import { EVM_VERSION } from '../contracts/evm-version.ts';
import { artifactOf, type ContractName } from '../contracts/artifacts.ts';
import { creationOf, deployUnsigned } from '../contracts/deploy.ts';

/** A chain of its own for one test file, with accounts that the node signs for. */
export interface Stage {
  readonly chain: Connection;
  readonly url: string;
  /** Ten funded accounts. */
  readonly accounts: readonly string[];
  deploy(name: ContractName, args?: readonly unknown[]): Promise<Deployed>;
  /** The chain's clock goes on by so many seconds. */
  pass(seconds: number): Promise<void>;
  nowS(): Promise<bigint>;
  /** Everything from now on can be undone. */
  snapshot(): Promise<() => Promise<void>>;
  stop(): Promise<void>;
}

export interface Deployed {
  readonly address: string;
  readonly interface: Interface;
  read(method: string, ...args: unknown[]): Promise<unknown[]>;
  /** Sends from an account of the stage; a refusal throws with the contract's reason. */
  send(from: string, method: string, ...args: unknown[]): Promise<Receipt>;
  /** The same, with a refusal as an answer, and the time of its block. */
  trySend(from: string, method: string, ...args: unknown[]): Promise<{ isSuccess: boolean; atS: bigint }>;
}

export interface Receipt {
  readonly status: string;
  readonly transactionHash: string;
  readonly blockNumber: string;
  readonly logs: readonly { readonly address: string; readonly topics: string[]; readonly data: string }[];
}

export const STAGE_CHAIN_ID = 31_337n;
/** More than any call here needs: asking the node for each call's need would double the time. */
const GAS = '0x7a1200';

export const openStage = async (): Promise<Stage> => {
  const node = await startSimulatedNode({ chainId: STAGE_CHAIN_ID, hardfork: EVM_VERSION });
  const chain = connectChain({ url: node.url, chainId: STAGE_CHAIN_ID, requestMs: 30_000 });
  const accounts = ((await chain.ask('eth_accounts', [])) as string[]).map((account) => getAddress(account));

  const mined = async (transaction: Readonly<Record<string, string>>): Promise<Receipt> => {
    const hash = await chain.ask('eth_sendTransaction', [{ gas: GAS, ...transaction }]);
    let receipt: Receipt | null = null;
    // The node answers before it has mined.
    while (receipt === null)
      receipt = (await chain.ask('eth_getTransactionReceipt', [hash])) as Receipt | null;
    return receipt;
  };
  const send = async (transaction: Readonly<Record<string, string>>): Promise<Receipt> => {
    const receipt = await mined(transaction);
    // The receipt of a refusal has no reason: the same call on the same state says it.
    if (receipt.status !== '0x1') await chain.ask('eth_call', [transaction, 'latest']);
    return receipt;
  };

  return {
    chain,
    url: node.url,
    accounts,
    async deploy(name, args = []) {
      const { interface: abi } = artifactOf(name);
      const address = await deployUnsigned(chain, accounts[0] ?? '', creationOf(name, args), 30_000);
      return {
        address,
        interface: abi,
        read: async (method, ...given) =>
          abi
            .decodeFunctionResult(method, await chain.call(address, abi.encodeFunctionData(method, given)))
            .toArray() as unknown[],
        send: (from, method, ...given) =>
          send({ from, to: address, data: abi.encodeFunctionData(method, given) }),
        async trySend(from, method, ...given) {
          const data = abi.encodeFunctionData(method, given);
          const { status, blockNumber } = await mined({ from, to: address, data });
          const block = (await chain.ask('eth_getBlockByNumber', [blockNumber, false])) as {
            timestamp: string;
          };
          return { isSuccess: status === '0x1', atS: BigInt(block.timestamp) };
        },
      };
    },
    async pass(seconds) {
      await chain.ask('evm_increaseTime', [seconds]);
      await chain.ask('anvil_mine', ['0x1']);
    },
    async nowS() {
      const block = (await chain.ask('eth_getBlockByNumber', ['latest', false])) as { timestamp: string };
      return BigInt(block.timestamp);
    },
    async snapshot() {
      const id = await chain.ask('evm_snapshot', []);
      return async () => {
        await chain.ask('evm_revert', [id]);
      };
    },
    async stop() {
      chain.close();
      await node.stop();
    },
  };
};
