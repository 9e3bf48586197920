import { createPrivateKey } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { connect, hash, signers, type Gateway } from '@hyperledger/fabric-gateway';
import { CHAINCODE_NAME, canonicalJson, role, type JsonValue } from '@roamgrid/wire';
import {
  readUser,
  startChaincodeProcess,
  startEmbeddedProcess,
  type ChaincodeProcess,
  type EmbeddedProcess,
} from '@roamgrid/test-network';
import { bundle } from '../../scripts/bundle.ts';
import type { Call, TestCaller } from './memory-ledger.ts';
import { MSP } from './parties.ts';

/**
 * The bundled chaincode on an embedded ledger of three utilities, driven by the real gateway client. The peer has a
 * process of its own: it and fabric-shim, which the unit tests load, bring two versions of the same protobuf classes.
 */

const MSP_IDS = Object.values(MSP);

export class LiveLedger {
  readonly #network: EmbeddedProcess;
  readonly #chaincodes: readonly ChaincodeProcess[];
  readonly #folder: string;
  readonly #gateways = new Map<string, { readonly gateway: Gateway; readonly client: grpc.Client }>();

  private constructor(network: EmbeddedProcess, chaincodes: readonly ChaincodeProcess[], folder: string) {
    this.#network = network;
    this.#chaincodes = chaincodes;
    this.#folder = folder;
  }

  static async start(): Promise<LiveLedger> {
    const folder = await mkdtemp(join(tmpdir(), 'roamgrid-chaincode-'));
    await bundle(join(folder, 'chaincode'));
    const chaincodes: ChaincodeProcess[] = [];
    try {
      for (const mspId of MSP_IDS) {
        const path = join(folder, 'chaincode', 'server.cjs');
        chaincodes.push(await startChaincodeProcess({ path, mspId, ccid: `${CHAINCODE_NAME}:1` }));
      }
      const network = await startEmbeddedProcess({
        stateDir: join(folder, 'ledger'),
        organizations: MSP_IDS.map((mspId) => ({
          mspId,
          users: role.options.map((name) => ({ name, attributes: { role: name } })),
        })),
        chaincodes: [
          {
            name: CHAINCODE_NAME,
            version: '1',
            endpoints: Object.fromEntries(
              MSP_IDS.map((mspId, index) => [mspId, chaincodes[index]?.address ?? '']),
            ),
          },
        ],
      });
      return new LiveLedger(network, chaincodes, folder);
    } catch (error) {
      await Promise.all(chaincodes.map((each) => each.stop()));
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

  /** Endorses at the named organisations' peers (or as the gateway finds enough), submits, and waits for the commit. */
  async submit(call: Call, endorsingOrganizations?: readonly string[]): Promise<JsonValue> {
    const { contract, transaction } = await this.#contract(call);
    const bytes = await contract.submit(transaction, {
      arguments: [this.#argument(call)],
      ...(call.transient && { transientData: { ...call.transient } }),
      ...(endorsingOrganizations && { endorsingOrganizations: [...endorsingOrganizations] }),
    });
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as JsonValue;
  }

  /** Asks the caller's own organisation's peer. */
  async evaluate(call: Omit<Call, 'nowMs'>): Promise<JsonValue> {
    const { contract, transaction } = await this.#contract(call);
    const bytes = await contract.evaluate(transaction, { arguments: [this.#argument(call)] });
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as JsonValue;
  }

  #argument({ command }: Pick<Call, 'command'>): string {
    return typeof command === 'string' ? command : canonicalJson(command);
  }

  async #contract({ caller, verb }: Pick<Call, 'caller' | 'verb'>) {
    const [namespace = '', transaction = ''] = verb.split('.');
    const gateway = await this.#gateway(caller);
    const contract = gateway.getNetwork(this.#network.channel).getContract(CHAINCODE_NAME, namespace);
    return { contract, transaction };
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
