/** Clients of the network under test: the unmodified gateway SDK, signing with Node's own ECDSA on both sides. */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, credentials } from '@grpc/grpc-js';
import { connect, GatewayError, hash, StatusCode, type Gateway } from '@hyperledger/fabric-gateway';
import type { Call } from '@roamgrid/chaincode/testing';
import { proposedAt } from '@roamgrid/gateway/proposal-time';
import { canonicalJson } from '@roamgrid/wire';
import { newNodeSigner } from '@roamgrid/test-network';
import type { NetworkConnection } from '@roamgrid/test-network/native';
import { BASE_CHAINCODE } from './network.ts';

const LIMIT_MS = 240_000;
const BEHIND_LIMIT = 50;
const BEHIND_PAUSE_MS = 50;
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

/** What became of a transaction. */
export type Outcome = 'valid' | 'conflict';

const outcomeOf = (code: number): Outcome => {
  if (code === StatusCode.VALID) return 'valid';
  if (code === StatusCode.MVCC_READ_CONFLICT || code === StatusCode.PHANTOM_READ_CONFLICT) return 'conflict';
  throw new Error(`a transaction ended with code ${code}`);
};

/** Shows what the peers said, which the error's own message leaves out. */
const explained = (error: unknown): unknown =>
  error instanceof GatewayError
    ? new Error(`${error.message}: ${error.details.map(({ message }) => message).join('; ')}`, {
        cause: error,
      })
    : error;

/** One connection to each organisation's peer, one identity each user. */
export class BenchClient {
  readonly #network: NetworkConnection;
  readonly #clients = new Map<string, Client>();
  readonly #gateways = new Map<string, Gateway>();
  #behind = 0;
  #unsure = 0;

  constructor(network: NetworkConnection) {
    this.#network = network;
  }

  async #gateway(mspId: string, userName: string): Promise<Gateway> {
    const key = `${mspId}/${userName}`;
    const known = this.#gateways.get(key);
    if (known !== undefined) return known;
    const member = this.#network.members.find((candidate) => candidate.mspId === mspId);
    const user = member?.users[userName];
    if (member === undefined || user === undefined) throw new Error(`the network has no ${key}`);
    const rootCert = await readFile(member.tlsRootCertPath);
    const limits = {
      'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
      'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    };
    const client =
      this.#clients.get(mspId) ?? new Client(member.endpoint, credentials.createSsl(rootCert), limits);
    this.#clients.set(mspId, client);
    const deadline = () => ({ deadline: Date.now() + LIMIT_MS });
    const gateway = connect({
      client,
      identity: { mspId, credentials: await readFile(user.certificatePath) },
      signer: newNodeSigner(await readFile(user.privateKeyPath, 'utf8')),
      hash: hash.none,
      endorseOptions: deadline,
      submitOptions: deadline,
      commitStatusOptions: deadline,
      evaluateOptions: deadline,
    });
    this.#gateways.set(key, gateway);
    return gateway;
  }

  /** Creates one asset and waits until it is committed. */
  createAsset(mspId: string, id: string, body: string): Promise<Outcome> {
    return this.#tellBase(mspId, 'create', [id, body]);
  }

  /** Creates many assets by one transaction and waits until it is committed. */
  createAssets(mspId: string, assets: readonly (readonly [id: string, body: string])[]): Promise<Outcome> {
    return this.#tellBase(mspId, 'createMany', [JSON.stringify(assets)]);
  }

  async #tellBase(mspId: string, transaction: string, args: string[]): Promise<Outcome> {
    const gateway = await this.#gateway(mspId, 'station');
    const contract = gateway.getNetwork(this.#network.channel).getContract(BASE_CHAINCODE, 'assets');
    return this.#untilTaken(async () => {
      const submitted = await contract.submitAsync(transaction, { arguments: args });
      return outcomeOf((await submitted.getStatus()).code);
    });
  }

  async #contract({ caller, verb }: Pick<Call, 'caller' | 'verb'>) {
    const [namespace = '', transaction = ''] = verb.split('.');
    const gateway = await this.#gateway(caller.mspId, caller.role ?? 'User1');
    const { channel, chaincode } = this.#network;
    return { contract: gateway.getNetwork(channel).getContract(chaincode, namespace), transaction };
  }

  /**
   * Tells a command to the contracts and waits until it is committed at the caller's peer. An endorser may be a block
   * behind that one and not know yet what the command stands on; then it is told again, as a gateway does.
   */
  tell(call: Call, endorsers?: readonly string[]): Promise<Outcome> {
    return this.#untilTaken(() => this.#tell(call, endorsers));
  }

  /** What is told here may be told twice: commands find themselves done, an asset is written as it was. */
  async #untilTaken(tell: () => Promise<Outcome>): Promise<Outcome> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await tell();
      } catch (error) {
        const shown = explained(error);
        // BFT ordering answers so when another node had the transaction first.
        const isUnsure = error instanceof GatewayError && error.name === 'SubmitError';
        // Or it does not know yet that a command told again is done already, and the two answer differently.
        const isBehind =
          / NOT_FOUND: | is applied, not active|form the batch anew|ProposalResponsePayloads do not match/.test(
            String(shown),
          );
        if (attempt === BEHIND_LIMIT || !(isUnsure || isBehind)) throw shown;
        if (isUnsure) this.#unsure += 1;
        else this.#behind += 1;
        await sleep(BEHIND_PAUSE_MS);
      }
    }
  }

  /** How often ordering did not say clearly that it took a transaction. */
  get unsure(): number {
    return this.#unsure;
  }

  /** How often an endorser was behind. */
  get behind(): number {
    return this.#behind;
  }

  async #tell(call: Call, endorsers?: readonly string[]): Promise<Outcome> {
    const { contract, transaction } = await this.#contract(call);
    const gateway = await this.#gateway(call.caller.mspId, call.caller.role ?? 'User1');
    const proposal = contract.newProposal(transaction, {
      arguments: [typeof call.command === 'string' ? call.command : canonicalJson(call.command)],
      ...(call.transient && { transientData: { ...call.transient } }),
      ...(endorsers && { endorsingOrganizations: [...endorsers] }),
    });
    // The consortium was set up before its sessions: that alone is told at a time of its own.
    const timed = call.nowMs === 0 ? proposal : proposedAt(gateway, proposal, call.nowMs);
    const submitted = await (await timed.endorse()).submit();
    return outcomeOf((await submitted.getStatus()).code);
  }

  /** Asks the peer of the caller's own organisation. */
  async ask(call: Pick<Call, 'caller' | 'verb' | 'command'>): Promise<unknown> {
    const { contract, transaction } = await this.#contract(call);
    const bytes = await contract.evaluate(transaction, {
      arguments: [typeof call.command === 'string' ? call.command : canonicalJson(call.command)],
      endorsingOrganizations: [call.caller.mspId],
    });
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as unknown;
  }

  close(): void {
    for (const gateway of this.#gateways.values()) gateway.close();
    for (const client of this.#clients.values()) client.close();
  }
}
