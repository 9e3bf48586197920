import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startEmbedded } from '@roamgrid/test-network';
import { importWallet, usersOf, WalletError } from './wallet.ts';

const MSP = 'DukeEnergyMSP';

describe('a wallet of fabric-network', () => {
  let folder: string;
  let wallet: string;
  let people: ReadonlyMap<string, { certificatePem: string; privateKeyPem: string }>;

  before(async function () {
    this.timeout(30_000);
    folder = await mkdtemp(path.join(tmpdir(), 'roamgrid-wallet-'));
    // Certificates of a real authority with real attribute extensions.
    const network = await startEmbedded({
      stateDir: path.join(folder, 'ledger'),
      organizations: [
        { mspId: MSP, users: ['station', 'aaa'].map((role) => ({ name: role, attributes: { role } })) },
      ],
      chaincodes: [],
    });
    const names = ['station', 'aaa', 'User1'];
    people = new Map(
      await Promise.all(names.map(async (name) => [name, await network.user(MSP, name)] as const)),
    );
    await network.stop();
  });
  after(() => rm(folder, { recursive: true, force: true }));

  beforeEach(async () => {
    wallet = await mkdtemp(path.join(folder, 'wallet-'));
  });

  /** A `.id` file as fabric-network 2 writes it. */
  const put = async (label: string, name: string, over: object = {}): Promise<void> => {
    const person = people.get(name);
    const credentials = { certificate: person?.certificatePem, privateKey: person?.privateKeyPem };
    const content = { credentials, mspId: MSP, type: 'X.509', version: 1, ...over };
    await writeFile(path.join(wallet, `${label}.id`), JSON.stringify(content));
  };

  it('becomes PEM files by role, with keys that only their owner can read', async () => {
    await put('charger-17', 'station');
    await put('billing', 'aaa');
    await put('someone', 'User1');
    const out = path.join(wallet, 'out');
    const imported = await importWallet(wallet, out);
    assert.deepEqual(
      imported.map(({ label, role, mspId }) => [label, role, mspId]),
      [
        ['billing', 'aaa', MSP],
        ['charger-17', 'station', MSP],
        ['someone', undefined, MSP],
      ],
    );
    const users = usersOf(imported, MSP);
    assert.deepEqual(Object.keys(users).sort(), ['aaa', 'station']);
    const { certificatePath = '', privateKeyPath = '' } = users.station ?? {};
    assert.equal(await readFile(certificatePath, 'utf8'), people.get('station')?.certificatePem);
    assert.equal(await readFile(privateKeyPath, 'utf8'), people.get('station')?.privateKeyPem);
    assert.equal((await stat(privateKeyPath)).mode & 0o777, 0o600);
    assert.deepEqual(usersOf(imported, 'AlabamaPowerMSP'), {});
  });

  it('is refused when it is empty, holds another kind of identity, or has two of a role', async () => {
    const out = path.join(wallet, 'out');
    await assert.rejects(importWallet(wallet, out), WalletError);
    await put('charger-17', 'station');
    await put('charger-18', 'station');
    const imported = await importWallet(wallet, out);
    assert.throws(() => usersOf(imported, MSP), /second identity of role station/);
    await put('hsm', 'aaa', { type: 'HSM-X.509' });
    await assert.rejects(importWallet(wallet, out), /HSM-X.509|hsm/i);
  });
});
