import {
  AbiCoder,
  getAddress,
  id,
  keccak256,
  Wallet,
  type TypedDataDomain,
  type TypedDataField,
} from 'ethers';
import type { Connection } from '../chain/connection.ts';
import type { ChainReceipt } from '../chain/finality.ts';
import { artifactOf } from './artifacts.ts';
import { eventsIn } from './events.ts';

/** What a driver permits; the fields are those of `SessionEscrow.sol`. */
export interface Permission {
  /** keccak256 of the session's id. */
  readonly session: string;
  readonly driver: string;
  readonly token: string;
  readonly cap: bigint;
  readonly drawer: string;
  readonly payee: string;
  readonly expiresAtS: bigint;
}

export interface Hold {
  readonly permission: Permission;
  readonly state: 'open' | 'drawn' | 'released';
  readonly drawn: bigint;
}

const STATES = [undefined, 'open', 'drawn', 'released'] as const;
const { interface: abi } = artifactOf('SessionEscrow');

/** How a session's id is named on a chain, which shows it to everybody. */
export const sessionHash = (sessionId: string): string => id(sessionId);

export const holdIdOf = (session: string, driver: string): string =>
  keccak256(AbiCoder.defaultAbiCoder().encode(['bytes32', 'address'], [session, driver]));

/** What a driver's wallet shows and signs. Spec: EIP-712. */
export const permissionToSign = (
  chainId: bigint,
  verifyingContract: string,
  message: Permission,
): {
  readonly domain: TypedDataDomain;
  readonly types: Record<string, TypedDataField[]>;
  readonly message: Permission;
} => ({
  domain: { name: 'Roamgrid SessionEscrow', version: '1', chainId, verifyingContract },
  types: {
    Permission: [
      { name: 'session', type: 'bytes32' },
      { name: 'driver', type: 'address' },
      { name: 'token', type: 'address' },
      { name: 'cap', type: 'uint256' },
      { name: 'drawer', type: 'address' },
      { name: 'payee', type: 'address' },
      { name: 'expiresAtS', type: 'uint64' },
    ],
  },
  message,
});

/** What a wallet with this key answers when its driver permits it. */
export const signPermission = (
  privateKey: string,
  chainId: bigint,
  contract: string,
  permission: Permission,
): Promise<string> => {
  const { domain, types, message } = permissionToSign(chainId, contract, permission);
  return new Wallet(privateKey).signTypedData(domain, types, message);
};

/** The data of each call. */
export const sessionCall = {
  open: (permission: Permission) => abi.encodeFunctionData('open', [permission]),
  openSigned: (permission: Permission, signature: string) =>
    abi.encodeFunctionData('openSigned', [permission, signature]),
  draw: (holdId: string, baseUnits: bigint) => abi.encodeFunctionData('draw', [holdId, baseUnits]),
  release: (holdId: string) => abi.encodeFunctionData('release', [holdId]),
};

/** A hold, or undefined when there is none of this name; as of the latest block or of the one with this hash. */
export const readHold = async (
  chain: Connection,
  contract: string,
  holdId: string,
  blockHash?: string,
): Promise<Hold | undefined> => {
  const answer = await chain.call(contract, abi.encodeFunctionData('holdOf', [holdId]), blockHash);
  const [hold] = abi.decodeFunctionResult('holdOf', answer) as unknown as [
    { readonly permission: Permission; readonly state: bigint; readonly drawn: bigint },
  ];
  const state = STATES[Number(hold.state)];
  if (state === undefined) return undefined;
  const { session, driver, token, cap, drawer, payee, expiresAtS } = hold.permission;
  return {
    permission: {
      session,
      driver: getAddress(driver),
      token: getAddress(token),
      cap,
      drawer: getAddress(drawer),
      payee: getAddress(payee),
      expiresAtS,
    },
    state,
    drawn: hold.drawn,
  };
};

export interface Drawn {
  readonly holdId: string;
  readonly session: string;
  readonly payee: string;
  readonly amount: bigint;
  readonly refunded: bigint;
}

/** What a transaction drew from this contract. */
export const drawnIn = (receipt: ChainReceipt, contract: string): readonly Drawn[] =>
  eventsIn(abi, receipt, contract, 'Drawn').map(({ values: [holdId, session, payee, amount, refunded] }) => ({
    holdId: holdId as string,
    session: session as string,
    payee: payee as string,
    amount: amount as bigint,
    refunded: refunded as bigint,
  }));
