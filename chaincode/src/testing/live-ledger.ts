import { createPrivateKey } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import {
  CommitError,
  connect,
  GatewayError,
  hash,
  signers,
  StatusCode,
  type Gateway,
} from '@hyperledger/fabric-gateway';
import { CHAINCODE_NAME, canonicalJson, role, type JsonValue } from '@roamgrid/wire';
import {
  CLOCK_SWITCH_VARIABLE,
  clockSwitchFile,
  readUser,
  setEndorsementClock,
  startChaincodeProcess,
  startEmbeddedProcess,
  type EmbeddedProcess,
} from '@roamgrid/test-network';
import { bundle } from '../../scripts/bundle.ts';
import type { Call, TestCaller } from './memory-ledger.ts';
import { CHANNEL, MSP } from './parties.ts';
import { datedAt } from './proposal-time.ts';

/**
 * The bundled chaincode on an embedded ledger of three utilities, driven by the real gateway client. The peer has a
 * process of its own: it and fabric-shim, which the unit tests load, bring two versions of the same protobuf classes.
 */

const MSP_IDS = Object.values(MSP);
const StatusNames = new Map<number, string>(Object.entries(StatusCode).map(([name, code]) => [code, name]));
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
const argumentOf = ({ command }: Pick<Call, 'command'>): string =>
  typeof command === 'string' ? command : canonicalJson(command);

/** The contract's refusal as the gateway client shows it, `ok` when there was none. */
export const refusalOf = async (submitted: Promise<unknown>): Promise<string> => {
  try {
    await submitted;
    return 'ok';
  } catch (error) {
    const text =
      error instanceof GatewayError
        ? error.details.map(({ message }) => message).join(' ')
        : error instanceof Error && error.name === 'LedgerError'
          ? error.message
          : undefined;
    if (text === undefined) throw error;
    return /([A-Z_]+): /.exec(text)?.[1] ?? text;
  }
};

/** Contracts of one name on a ledger, as the gateway client reaches them. */
export interface Contracts {
  /** Endorses at the named organisations' peers (or as the gateway finds enough), submits, and waits for the commit. */
  submit(call: Call, endorsingOrganizations?: readonly string[]): Promise<JsonValue>;
  /** Endorses only. @returns what would go to the orderer and stand in a block. */
  endorse(call: Call, endorsingOrganizations: readonly string[]): Promise<Uint8Array>;
  /** Asks the caller's own organisation's peer. */
  evaluate(call: Omit<Call, 'nowMs'>): Promise<JsonValue>;
}

export interface LiveOptions {
  /** Proposals are dated as their calls state, and the endorsers do not compare that with a clock. */
  readonly simulated?: true;
  /** Chaincodes by their names, each with what to run for an organisation; the bundled one alone if left out. */
  readonly startChaincodes?: (
    mspId: string,
    env: Readonly<Record<string, string>>,
  ) => Promise<readonly ServedChaincode[]>;
}

/** A chaincode that listens for its organisation's peer. */
export interface ServedChaincode {
  readonly name: string;
  readonly address: string;
  readonly stop: () => Promise<void>;
}

const startBundled =
  (folder: string): NonNullable<LiveOptions['startChaincodes']> =>
  async (mspId, env) => {
    const path = join(folder, 'chaincode', 'server.cjs');
    const { address, stop } = await startChaincodeProcess({ path, mspId, ccid: `${CHAINCODE_NAME}:1`, env });
    return [{ name: CHAINCODE_NAME, address, stop }];
  };

export class LiveLedger implements Contracts {
  readonly #network: EmbeddedProcess;
  readonly #chaincodes: readonly ServedChaincode[];
  readonly #folder: string;
  readonly #isSimulated: boolean;
  readonly #gateways = new Map<string, { readonly gateway: Gateway; readonly client: grpc.Client }>();

  private constructor(
    network: EmbeddedProcess,
    chaincodes: readonly ServedChaincode[],
    folder: string,
    isSimulated: boolean,
  ) {
    this.#network = network;
    this.#chaincodes = chaincodes;
    this.#folder = folder;
    this.#isSimulated = isSimulated;
  }

  static async start({ simulated, startChaincodes }: LiveOptions = {}): Promise<LiveLedger> {
    const folder = await mkdtemp(join(tmpdir(), 'roamgrid-chaincode-'));
    if (startChaincodes === undefined) await bundle(join(folder, 'chaincode'));
    if (simulated) await setEndorsementClock(folder, 'simulated');
    const env = { [CLOCK_SWITCH_VARIABLE]: clockSwitchFile(folder) };
    const served = new Map<string, readonly ServedChaincode[]>();
    try {
      const start = startChaincodes ?? startBundled(folder);
      await Promise.all(MSP_IDS.map(async (mspId) => served.set(mspId, await start(mspId, env))));
      const names = (served.values().next().value ?? []).map(({ name }) => name);
      const addressOf = (mspId: string, name: string): [string, string] => [
        mspId,
        served.get(mspId)?.find((each) => each.name === name)?.address ?? '',
      ];
      const network = await startEmbeddedProcess({
        stateDir: join(folder, 'ledger'),
        channel: CHANNEL,
        organizations: MSP_IDS.map((mspId) => ({
          mspId,
          users: role.options.map((name) => ({ name, attributes: { role: name } })),
        })),
        chaincodes: names.map((name) => ({
          name,
          version: '1',
          endpoints: Object.fromEntries(MSP_IDS.map((mspId) => addressOf(mspId, name))),
        })),
      });
      return new LiveLedger(network, [...served.values()].flat(), folder, simulated === true);
    } catch (error) {
      await Promise.all([...served.values()].flat().map((each) => each.stop()));
      await rm(folder, { recursive: true });
      throw error;
    }
  }

  async stop(): Promise<void> {
    for (const { gateway, client } of this.#gateways.values()) {
      gateway.close();
      client.close();
    }
    await this.#network.kill('SIGTERM');
    await Promise.all(this.#chaincodes.map((each) => each.stop()));
    await rm(this.#folder, { recursive: true });
  }

  submit(call: Call, endorsingOrganizations?: readonly string[]): Promise<JsonValue> {
    return this.named(CHAINCODE_NAME).submit(call, endorsingOrganizations);
  }

  endorse(call: Call, endorsingOrganizations: readonly string[]): Promise<Uint8Array> {
    return this.named(CHAINCODE_NAME).endorse(call, endorsingOrganizations);
  }

  evaluate(call: Omit<Call, 'nowMs'>): Promise<JsonValue> {
    return this.named(CHAINCODE_NAME).evaluate(call);
  }

  /** The contracts of one of several chaincodes. */
  named(chaincode: string): Contracts {
    const endorsed = async (call: Call, endorsingOrganizations?: readonly string[]) => {
      const { gateway, contract, transaction } = await this.#contract(chaincode, call);
      const proposal = contract.newProposal(transaction, {
        arguments: [argumentOf(call)],
        ...(call.transient && { transientData: { ...call.transient } }),
        ...(endorsingOrganizations && { endorsingOrganizations: [...endorsingOrganizations] }),
      });
      return (this.#isSimulated ? datedAt(gateway, proposal, call.nowMs) : proposal).endorse();
    };
    return {
      endorse: async (call, organizations) => (await endorsed(call, organizations)).getBytes(),
      submit: async (call, organizations) => {
        const transaction = await endorsed(call, organizations);
        const { successful, code, transactionId } = await (await transaction.submit()).getStatus();
        if (!successful) {
          const message = `${transactionId} is invalid: ${StatusNames.get(code) ?? code.toString()}`;
          throw new CommitError({ code, transactionId, message });
        }
        return JSON.parse(textOf(transaction.getResult())) as JsonValue;
      },
      evaluate: async (call) => {
        const { contract, transaction } = await this.#contract(chaincode, call);
        const bytes = await contract.evaluate(transaction, { arguments: [argumentOf(call)] });
        return JSON.parse(textOf(bytes)) as JsonValue;
      },
    };
  }

  async #contract(chaincode: string, { caller, verb }: Pick<Call, 'caller' | 'verb'>) {
    const [namespace = '', transaction = ''] = verb.split('.');
    const gateway = await this.#gateway(caller);
    const contract = gateway.getNetwork(this.#network.channel).getContract(chaincode, namespace);
    return { gateway, contract, transaction };
  }

  async #gateway({ mspId, role: name = 'User1' }: { mspId: string; role: TestCaller['role'] | 'User1' }) {
    const key = `${mspId}/${name}`;
    const known = this.#gateways.get(key);
    if (known !== undefined) return known.gateway;
    const endpoint = this.#network.organizations.find((each) => each.mspId === mspId);
    if (endpoint === undefined) throw new Error(`no organisation ${mspId}`);
    const { address, tlsRootCertPem } = endpoint;
    const user = await readUser(join(this.#folder, 'ledger'), mspId, name);
    const client = new grpc.Client(address, grpc.credentials.createSsl(Buffer.from(tlsRootCertPem)));
    const gateway = connect({
      client,
      identity: { mspId, credentials: Buffer.from(user.certificatePem) },
      signer: signers.newPrivateKeySigner(createPrivateKey(user.privateKeyPem)),
      hash: hash.sha256,
    });
    this.#gateways.set(key, { gateway, client });
    return gateway;
  }
}
