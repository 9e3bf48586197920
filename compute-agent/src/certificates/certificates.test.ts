import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCertificates, WrongCall } from './command.ts';

describe('the program that makes certificates', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'certificates-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('makes an authority and what it issues, for their owner alone, and writes over nothing', async () => {
    const [ours, s1] = [join(folder, 'ours'), join(folder, 's1')];
    const issue = (...more: string[]) =>
      runCertificates(['issue', '--authority', ours, '--out', s1, ...more]);
    await runCertificates(['authority', '--out', ours]);
    await issue('--role', 'cabinet', '--id', 's1');
    const authority = new X509Certificate(readFileSync(`${ours}.crt`));
    const issued = new X509Certificate(readFileSync(`${s1}.crt`));
    assert.equal(issued.verify(authority.publicKey), true);
    assert.equal(issued.subjectAltName, 'URI:urn:roamgrid:cabinet:s1');
    assert.equal(issued.ca, false);
    assert.equal(statSync(`${s1}.key`).mode & 0o777, 0o600);
    const before = readFileSync(`${s1}.key`, 'utf8');
    await assert.rejects(issue('--role', 'cabinet', '--id', 's1'), /is there already/);
    assert.equal(readFileSync(`${s1}.key`, 'utf8'), before);
  });

  it('says what is wrong with a call', async () => {
    const out = ['--out', join(folder, 'x')];
    await assert.rejects(runCertificates(['issue', ...out, '--role', 'king', '--id', 'a b']), (thrown) => {
      assert.ok(thrown instanceof WrongCall);
      assert.match(thrown.message, /--role[\s\S]*usage/);
      return true;
    });
    await assert.rejects(runCertificates(out), /authority.*issue/);
    await assert.rejects(runCertificates(['authority']), /--out is missing/);
  });
});
