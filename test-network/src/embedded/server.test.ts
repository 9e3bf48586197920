import { strict as assert } from 'node:assert';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, credentials, status } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { GatewayError } from '@hyperledger/fabric-gateway';
import type { Contract } from '@hyperledger/fabric-gateway';
import { common, discovery, gateway as gatewayProtos, orderer, peer } from '@hyperledger/fabric-protos';
import { connectUser } from '../conformance/embedded-ledger.ts';
import type { Session } from '../conformance/ledger-under-test.ts';
import { startChaincodeProcess } from './chaincode/process.ts';
import type { ChaincodeProcess } from './chaincode/process.ts';
import { startEmbedded } from './start.ts';
import type { EmbeddedNetwork } from './start.ts';

const MSP = 'OnlyMSP';
const UNIMPLEMENTED: number = status.UNIMPLEMENTED;
/** Well formed, with R and S of one, and not a signature of anything here. */
const OTHER_SIGNATURE = Buffer.from('3006020101020101', 'hex');

/** Calls a unary method with raw messages and returns the error that it ends with. */
function callRaw(client: Client, path: string, request: Uint8Array): Promise<ServiceError> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      path,
      (bytes: Uint8Array) => Buffer.from(bytes),
      (bytes: Buffer) => bytes,
      request,
      (error) => {
        if (error === null) reject(new Error(`${path} succeeded`));
        else resolve(error);
      },
    );
  });
}

describe('peer server', function () {
  this.timeout(30_000);
  let stateDir = '';
  let chaincode: ChaincodeProcess;
  let network: EmbeddedNetwork;
  let session: Session;
  let raw: Client;
  let contract: Contract;

  before(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'server-'));
    const path = join(import.meta.dirname, '..', 'conformance', 'chaincode', 'main.ts');
    chaincode = await startChaincodeProcess({ path, mspId: MSP, ccid: 'conformance:1' });
    network = await startEmbedded({
      stateDir,
      organizations: [{ mspId: MSP }],
      chaincodes: [{ name: 'conformance', version: '1', endpoints: { [MSP]: chaincode.address } }],
      batch: { timeoutMs: 5, absoluteMaxBytes: 20_000 },
      limits: { totalQueryLimit: 3 },
    });
    session = await connectUser(network, MSP, 'User1');
    const { address, tlsRootCertPem } = network.endpoint(MSP);
    raw = new Client(address, credentials.createSsl(Buffer.from(tlsRootCertPem)));
    contract = session.gateway.getNetwork('roamgrid').getContract('conformance');
  });

  after(async () => {
    session.close();
    raw.close();
    await network.stop();
    await chaincode.stop();
    await rm(stateDir, { recursive: true, force: true });
  });

  it('calls bytes that are no message INVALID_ARGUMENT, whoever they are for, and never a fault of its own', async () => {
    const nothing = Buffer.from('ffffffffffffffffffff', 'hex');
    const signedNothing = new gatewayProtos.SignedCommitStatusRequest();
    signedNothing.setRequest(nothing);
    const signedProposal = new peer.SignedProposal();
    signedProposal.setProposalBytes(nothing);
    const requests: [string, Uint8Array][] = [
      ...['Evaluate', 'Endorse', 'Submit', 'CommitStatus', 'ChaincodeEvents'].map(
        (method): [string, Uint8Array] => [`/gateway.Gateway/${method}`, nothing],
      ),
      ['/protos.Endorser/ProcessProposal', nothing],
      ['/discovery.Discovery/Discover', nothing],
      ['/gateway.Gateway/CommitStatus', signedNothing.serializeBinary()],
      ['/gateway.Gateway/ChaincodeEvents', signedNothing.serializeBinary()],
      ['/protos.Endorser/ProcessProposal', signedProposal.serializeBinary()],
    ];
    for (const [path, request] of requests) {
      const error = await callRaw(raw, path, request);
      assert.equal(error.code, status.INVALID_ARGUMENT, `${path}: ${error.details}`);
      assert.match(error.details, /cannot be read/);
    }
  });

  it('answers bytes that are no envelope with BAD_REQUEST where blocks are delivered', async () => {
    for (const method of ['Deliver', 'DeliverFiltered', 'DeliverWithPrivateData']) {
      const call = raw.makeBidiStreamRequest(
        `/protos.Deliver/${method}`,
        (bytes: Uint8Array) => Buffer.from(bytes),
        (bytes: Buffer) => peer.DeliverResponse.deserializeBinary(bytes),
      );
      const answered = new Promise<number>((resolve, reject) => {
        call.on('data', (response: peer.DeliverResponse) => {
          resolve(response.getStatus());
        });
        call.on('error', reject);
      });
      call.write(Buffer.from('ffffffffffffffffffff', 'hex'));
      assert.equal(await answered, common.Status.BAD_REQUEST, method);
      call.end();
    }
  });

  describe('says UNIMPLEMENTED, and what for, of what it does not model', () => {
    const unary: [string, Uint8Array][] = [
      ['/discovery.Discovery/Discover', new discovery.SignedRequest().serializeBinary()],
      ['/gossip.Gossip/Ping', new Uint8Array()],
      ['/protos.Snapshot/Generate', new peer.SignedSnapshotRequest().serializeBinary()],
    ];
    for (const [path, request] of unary) {
      it(path, async () => {
        const error = await callRaw(raw, path, request);
        assert.equal(error.code, status.UNIMPLEMENTED);
        assert.match(error.details, /is not modelled by the embedded development peer/);
      });
    }

    it('/orderer.AtomicBroadcast/Broadcast', async () => {
      const client = new orderer.AtomicBroadcastClient(
        network.endpoint(MSP).address,
        credentials.createSsl(Buffer.from(network.endpoint(MSP).tlsRootCertPem)),
      );
      const stream = client.broadcast();
      const error = await new Promise<ServiceError>((resolve) => stream.on('error', resolve));
      client.close();
      assert.equal(error.code, status.UNIMPLEMENTED);
      assert.match(error.details, /Broadcast is not modelled/);
    });

    for (const name of ['cscc', 'lscc', '_lifecycle']) {
      it(`system chaincode ${name}`, async () => {
        const system = session.gateway.getNetwork('roamgrid').getContract(name);
        for (const call of [system.evaluateTransaction('x'), system.submitTransaction('x')]) {
          await assert.rejects(
            call,
            (error) => error instanceof GatewayError && error.code === UNIMPLEMENTED,
          );
        }
      });
    }

    it('a configuration update', async () => {
      const header = new common.ChannelHeader();
      header.setType(common.HeaderType.CONFIG_UPDATE);
      header.setChannelId('roamgrid');
      const both = new common.Header();
      both.setChannelHeader(header.serializeBinary());
      both.setSignatureHeader(new common.SignatureHeader().serializeBinary());
      const payload = new common.Payload();
      payload.setHeader(both);
      const envelope = new common.Envelope();
      envelope.setPayload(payload.serializeBinary());
      envelope.setSignature(Buffer.from('x'));
      const request = new gatewayProtos.SubmitRequest();
      request.setChannelId('roamgrid');
      request.setPreparedTransaction(envelope);
      const error = await callRaw(raw, '/gateway.Gateway/Submit', request.serializeBinary());
      assert.equal(error.code, status.UNIMPLEMENTED);
      assert.match(error.details, /configuration updates/);
    });
  });

  describe('checks signatures and membership', () => {
    async function signedProposal(): Promise<{ signed: peer.SignedProposal; bytes: Uint8Array }> {
      const bytes = contract.newProposal('put', { arguments: ['forged', 'x'] }).getBytes();
      const proposed = gatewayProtos.ProposedTransaction.deserializeBinary(bytes);
      const signed = proposed.getProposal() ?? new peer.SignedProposal();
      const endorsed = await contract.newProposal('get', { arguments: ['forged'] }).evaluate();
      assert.ok(endorsed);
      return { signed, bytes: signed.getProposalBytes_asU8() };
    }

    it('a proposal whose signature is another one is refused', async () => {
      const { signed } = await signedProposal();
      signed.setSignature(OTHER_SIGNATURE);
      const request = new gatewayProtos.EvaluateRequest();
      request.setProposedTransaction(signed);
      const error = await callRaw(raw, '/gateway.Gateway/Evaluate', request.serializeBinary());
      assert.equal(error.code, status.FAILED_PRECONDITION);
      assert.match(error.details, /access denied: channel \[roamgrid\] creator org \[OnlyMSP\]/);
    });

    it('a transaction with another signature is refused by ordering', async () => {
      const transaction = await contract.newProposal('put', { arguments: ['forged', 'x'] }).endorse();
      const prepared = gatewayProtos.PreparedTransaction.deserializeBinary(transaction.getBytes());
      const envelope = prepared.getEnvelope() ?? new common.Envelope();
      envelope.setSignature(OTHER_SIGNATURE);
      const request = new gatewayProtos.SubmitRequest();
      request.setChannelId('roamgrid');
      request.setPreparedTransaction(envelope);
      const error = await callRaw(raw, '/gateway.Gateway/Submit', request.serializeBinary());
      assert.equal(error.code, status.ABORTED);
      assert.match(error.details, /status=FORBIDDEN/);
    });

    it('an endorsement over other bytes makes the transaction invalid', async () => {
      const transaction = await contract.newProposal('put', { arguments: ['forged', 'x'] }).endorse();
      const prepared = gatewayProtos.PreparedTransaction.deserializeBinary(transaction.getBytes());
      const envelope = prepared.getEnvelope() ?? new common.Envelope();
      const payload = common.Payload.deserializeBinary(envelope.getPayload_asU8());
      const inner = peer.Transaction.deserializeBinary(payload.getData_asU8());
      const [action = new peer.TransactionAction()] = inner.getActionsList();
      const actionPayload = peer.ChaincodeActionPayload.deserializeBinary(action.getPayload_asU8());
      const endorsed = actionPayload.getAction() ?? new peer.ChaincodeEndorsedAction();
      const response = peer.ProposalResponsePayload.deserializeBinary(
        endorsed.getProposalResponsePayload_asU8(),
      );
      const result = peer.ChaincodeAction.deserializeBinary(response.getExtension_asU8());
      result.setResults(Buffer.alloc(0));
      response.setExtension$(result.serializeBinary());
      endorsed.setProposalResponsePayload(response.serializeBinary());
      action.setPayload(actionPayload.serializeBinary());
      payload.setData(inner.serializeBinary());
      envelope.setPayload(payload.serializeBinary());
      const forged = session.gateway.newTransaction(prepared.serializeBinary());
      const committed = await (await forged.submit()).getStatus();
      assert.equal(committed.code, peer.TxValidationCode.ENDORSEMENT_POLICY_FAILURE);
    });

    it("a peer's identity may not propose", async () => {
      const { readFile } = await import('node:fs/promises');
      const { connect, hash } = await import('@hyperledger/fabric-gateway');
      const { newNodeSigner } = await import('./identity/node-signer.ts');
      const folder = join(stateDir, 'organizations', MSP, 'peers', 'peer0');
      const asPeer = connect({
        client: raw,
        identity: { mspId: MSP, credentials: await readFile(join(folder, 'cert.pem')) },
        signer: newNodeSigner(await readFile(join(folder, 'key.pem'), 'utf8')),
        hash: hash.none,
      });
      await assert.rejects(
        asPeer.getNetwork('roamgrid').getContract('conformance').evaluateTransaction('get', 'k'),
        /Channel\/Application\/Writers/,
      );
      asPeer.close();
    });

    it('a commit status asked for with a bad signature is denied', async () => {
      const request = new gatewayProtos.CommitStatusRequest();
      request.setChannelId('roamgrid');
      request.setTransactionId('x');
      request.setIdentity(Buffer.from('nobody'));
      const signed = new gatewayProtos.SignedCommitStatusRequest();
      signed.setRequest(request.serializeBinary());
      const error = await callRaw(raw, '/gateway.Gateway/CommitStatus', signed.serializeBinary());
      assert.equal(error.code, status.PERMISSION_DENIED);
    });
  });

  it('a transaction over the greatest size is refused by ordering', async () => {
    const transaction = await contract
      .newProposal('put', { arguments: ['big', 'x'.repeat(20_000)] })
      .endorse();
    await assert.rejects(transaction.submit(), /exceeds maximum allowed 20000 bytes|Aborted|ABORTED/);
  });

  it('a range stops at the total query limit without an error', async () => {
    await contract.submitTransaction(
      'putMany',
      JSON.stringify(['1', '2', '3', '4', '5'].map((each) => [`lim${each}`, 'x'])),
    );
    const found = await contract.evaluateTransaction('range', 'lim', 'lim~');
    assert.equal((JSON.parse(Buffer.from(found).toString()) as unknown[]).length, 3);
  });

  it('an unknown chaincode and an unknown channel are said by name', async () => {
    await assert.rejects(
      session.gateway.getNetwork('roamgrid').getContract('nobody').evaluateTransaction('x'),
      /no peers available to evaluate chaincode nobody in channel roamgrid/,
    );
    await assert.rejects(
      session.gateway.getNetwork('nowhere').getContract('conformance').evaluateTransaction('x'),
      /failed to get config for channel \[nowhere\]/,
    );
  });

  it('the query system chaincode gives chain info, blocks and transactions', async () => {
    const qscc = session.gateway.getNetwork('roamgrid').getContract('qscc');
    const info = common.BlockchainInfo.deserializeBinary(
      await qscc.evaluateTransaction('GetChainInfo', 'roamgrid'),
    );
    assert.equal(info.getHeight(), network.height());
    const block = common.Block.deserializeBinary(
      await qscc.evaluateTransaction('GetBlockByNumber', 'roamgrid', '0'),
    );
    assert.equal(block.getHeader()?.getNumber(), 0);
    const submitted = await contract.submitAsync('put', { arguments: ['qscc', 'x'] });
    await submitted.getStatus();
    const found = peer.ProcessedTransaction.deserializeBinary(
      await qscc.evaluateTransaction('GetTransactionByID', 'roamgrid', submitted.getTransactionId()),
    );
    assert.equal(found.getValidationcode(), 0);
    await assert.rejects(
      qscc.evaluateTransaction('GetBlockByNumber', 'roamgrid', '999999'),
      /no such block number/,
    );
  });

  it('a chaincode that goes away fails the call, and serves again when it is back', async () => {
    const port = Number(chaincode.address.split(':')[1]);
    await chaincode.stop();
    await assert.rejects(
      contract.evaluateTransaction('get', 'k'),
      /could not launch chaincode|chaincode stream terminated|see attached details/,
    );
    const path = join(import.meta.dirname, '..', 'conformance', 'chaincode', 'main.ts');
    chaincode = await startChaincodeProcess({ path, mspId: MSP, ccid: 'conformance:1', port });
    assert.equal(Buffer.from(await contract.evaluateTransaction('get', 'k')).toString(), '""');
  });
});
