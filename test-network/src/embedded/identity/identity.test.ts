import { strict as assert } from 'node:assert';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAttributes } from './attributes.ts';
import { enrol, ensureOrganization, readUser } from './material.ts';
import { IdentityError, MspManager, serializeIdentity, SigningIdentity, verifySignature } from './msp.ts';

describe('identities', () => {
  let stateDir = '';
  before(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'identity-'));
  });
  after(() => rm(stateDir, { recursive: true, force: true }));

  it('an organisation is made once, with every private key readable by its owner only', async () => {
    const config = { mspId: 'OneMSP', users: [{ name: 'station-1', attributes: { role: 'station' } }] };
    const first = await ensureOrganization(stateDir, config);
    const second = await ensureOrganization(stateDir, config);
    assert.deepEqual(second, first);
    const files = await readdir(first.directory, { recursive: true, withFileTypes: true });
    const keys = files.filter((file) => /key\.pem$/.test(file.name));
    assert.equal(keys.length, 2 + 2 + 3, 'two authorities, two of the peer, three users');
    for (const key of keys)
      assert.equal((await stat(join(key.parentPath, key.name))).mode & 0o777, 0o600, key.name);
  });

  it('a TLS certificate names localhost and the loopback address', async () => {
    const { peerTls, tlsCaPem } = await ensureOrganization(stateDir, { mspId: 'OneMSP' });
    const certificate = new X509Certificate(peerTls.certificatePem);
    assert.equal(certificate.checkHost('localhost'), 'localhost');
    assert.equal(certificate.checkIP('127.0.0.1'), '127.0.0.1');
    assert.ok(certificate.verify(new X509Certificate(tlsCaPem).publicKey));
  });

  it('attributes and role are in the certificate, and enrolling again gives a new key', async () => {
    await ensureOrganization(stateDir, { mspId: 'OneMSP' });
    const first = await enrol(stateDir, 'OneMSP', { name: 'op', attributes: { role: 'operator' } });
    assert.equal(readAttributes(first.certificatePem)['role'], 'operator');
    assert.equal(readAttributes(first.certificatePem)['hf.EnrollmentID'], 'op');
    const again = await enrol(stateDir, 'OneMSP', { name: 'op', role: 'admin' });
    assert.notEqual(again.certificatePem, first.certificatePem);
    assert.equal(
      new MspManager(await roots('OneMSP')).deserialize(serializeIdentity('OneMSP', again.certificatePem))
        .role,
      'admin',
    );
  });

  it('an unknown user and a name that leaves its folder are refused', async () => {
    await assert.rejects(readUser(stateDir, 'OneMSP', 'nobody'), /has no user "nobody"/);
    await assert.rejects(enrol(stateDir, 'OneMSP', { name: '../../x' }), /cannot be a user name/);
    await assert.rejects(enrol(stateDir, 'OtherMSP', { name: 'x' }), /no organisation OtherMSP/);
  });

  it("an identity must be issued by its own organisation's authority", async () => {
    await ensureOrganization(stateDir, { mspId: 'OneMSP' });
    await ensureOrganization(stateDir, { mspId: 'TwoMSP' });
    const msps = new MspManager(new Map([...(await roots('OneMSP')), ...(await roots('TwoMSP'))]));
    const user = await readUser(stateDir, 'OneMSP', 'User1');
    assert.equal(msps.deserialize(serializeIdentity('OneMSP', user.certificatePem)).mspId, 'OneMSP');
    assert.throws(() => msps.deserialize(serializeIdentity('TwoMSP', user.certificatePem)), IdentityError);
    assert.throws(() => msps.deserialize(serializeIdentity('ThreeMSP', user.certificatePem)), /unknown/);
    const ca = [...(await roots('OneMSP')).values()][0] ?? '';
    assert.throws(() => msps.deserialize(serializeIdentity('OneMSP', ca)), IdentityError);
    assert.throws(() => msps.deserialize(Buffer.from('nonsense')), IdentityError);
  });

  it("a peer's signature verifies by its identity", async () => {
    const { peer } = await ensureOrganization(stateDir, { mspId: 'OneMSP' });
    const signer = new SigningIdentity('OneMSP', peer);
    const identity = new MspManager(await roots('OneMSP')).deserialize(signer.bytes);
    assert.equal(identity.role, 'peer');
    assert.ok(verifySignature(identity, Buffer.from('x'), signer.sign(Buffer.from('x'))));
    assert.equal(createPrivateKey(peer.privateKeyPem).asymmetricKeyType, 'ec');
  });

  async function roots(mspId: string): Promise<Map<string, string>> {
    return new Map([[mspId, (await ensureOrganization(stateDir, { mspId })).caPem]]);
  }
});
