import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, credentials, status, type ChannelCredentials, type ServiceError } from '@grpc/grpc-js';
import { connectUser } from '../conformance/embedded-ledger.ts';
import type { Session } from '../conformance/ledger-under-test.ts';
import { startChaincodeProcess, type ChaincodeProcess } from './chaincode/process.ts';
import { ensureChaincodeTls, organizationDirectory, type ChaincodeTls } from './identity/material.ts';
import { startEmbedded, type EmbeddedNetwork } from './start.ts';

const MSP = 'OnlyMSP';
const PATH = join(import.meta.dirname, '..', 'conformance', 'chaincode', 'main.ts');

/** What a server says to who claims to be its peer: its first message, or the fault of the connection. */
const register = (address: string, as: ChannelCredentials): Promise<'registers' | number> =>
  new Promise((resolve) => {
    const client = new Client(address, as);
    const bytes = (value: Buffer): Buffer => value;
    const stream = client.makeBidiStreamRequest('/protos.Chaincode/Connect', bytes, bytes, {
      deadline: Date.now() + 20_000,
    });
    const done = (answer: 'registers' | number): void => {
      resolve(answer);
      stream.cancel();
      client.close();
    };
    stream.on('data', () => {
      done('registers');
    });
    stream.on('error', (error: ServiceError) => {
      done(error.code);
    });
  });

describe('contracts of an embedded peer with TLS', function () {
  this.timeout(60_000);
  let folder: string;
  let tls: ChaincodeTls;
  let stranger: ChaincodeTls;
  let chaincode: ChaincodeProcess;
  let network: EmbeddedNetwork;
  let session: Session;

  const start = (as: ChaincodeTls, port?: number) =>
    startChaincodeProcess({
      path: PATH,
      mspId: MSP,
      ccid: 'conformance:1',
      tls: as,
      ...(port === undefined ? {} : { port }),
    });
  const get = async () => {
    const contract = session.gateway.getNetwork('roamgrid').getContract('conformance');
    return Buffer.from(await contract.evaluateTransaction('get', 'k')).toString();
  };
  const showing = ({ key, cert }: { key: string; cert: string }) =>
    credentials.createSsl(readFileSync(tls.clientCa), readFileSync(key), readFileSync(cert));

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chaincode-tls-'));
    const own = join(folder, 'own');
    tls = await ensureChaincodeTls(own, MSP);
    stranger = await ensureChaincodeTls(join(folder, 'stranger'), MSP);
    chaincode = await start(tls);
    network = await startEmbedded({
      stateDir: own,
      organizations: [{ mspId: MSP }],
      chaincodeTls: true,
      limits: { dialTimeoutMs: 1_000 },
      chaincodes: [{ name: 'conformance', version: '1', endpoints: { [MSP]: chaincode.address } }],
    });
    session = await connectUser(network, MSP, 'User1');
  });
  after(async () => {
    session.close();
    await network.stop();
    await chaincode.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('serve their own peer, and nobody who has no certificate of their organisation', async () => {
    assert.equal(await get(), '""');
    const peer = join(organizationDirectory(join(folder, 'own'), MSP), 'peers', 'peer0');
    const own = { key: join(peer, 'tls-key.pem'), cert: join(peer, 'tls-cert.pem') };
    assert.equal(await register(chaincode.address, showing(own)), 'registers');
    for (const as of [
      credentials.createInsecure(),
      credentials.createSsl(readFileSync(tls.clientCa)),
      showing(stranger),
    ])
      assert.equal(await register(chaincode.address, as), status.UNAVAILABLE);
  });

  it('keep their key to themselves, and the same one', async () => {
    assert.equal((await stat(tls.key)).mode & 0o777, 0o600);
    const before = readFileSync(tls.key, 'utf8');
    assert.deepEqual(await ensureChaincodeTls(join(folder, 'own'), MSP), tls);
    assert.equal(readFileSync(tls.key, 'utf8'), before);
  });

  it('are not taken for what listens at their port while they are away', async () => {
    const port = Number(chaincode.address.split(':')[1]);
    await chaincode.stop();
    const impostor = await start(stranger, port);
    try {
      await assert.rejects(get(), /attached details|could not launch chaincode/);
    } finally {
      await impostor.stop();
    }
    chaincode = await start(tls, port);
    assert.equal(await get(), '""');
  });
});
