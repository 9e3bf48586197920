import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { issue, makeAuthority, type TestCertificate } from '../testing/certificates.ts';
import { startStage, type Stage } from '../testing/stage.ts';

describe('stations over TLS', () => {
  let stage: Stage;
  let stationCa: TestCertificate;
  let serverCa: TestCertificate;
  let own: TestCertificate;

  before(async () => {
    [serverCa, stationCa] = [await makeAuthority('servers'), await makeAuthority('stations')];
    const server = await issue(serverCa, 'localhost');
    own = await issue(stationCa, 'CERT-1');
    stage = await startStage({ tls: { cert: server.cert, key: server.key, stationCa: stationCa.cert } });
    stage.credentials.set('CERT-1', { certificate: {} });
    const { fingerprint256 } = new X509Certificate(own.cert);
    stage.credentials.set('PRINTED', { certificate: { fingerprint256 } });
    stage.credentials.set('NAMED', { certificate: { commonName: 'CERT-1' } });
    stage.credentials.set('BOTH', { certificate: { fingerprint256, commonName: 'OTHER' } });
  });
  after(() => stage.close());

  const comeIn = async (stationId: string, shown?: TestCertificate, password?: string): Promise<void> => {
    const proof = shown === undefined ? {} : { cert: shown.cert, key: shown.key };
    const station = await stage.station(stationId, 'ocpp2.0.1', {
      url: stage.url.replace('127.0.0.1', 'localhost'),
      tls: { ca: serverCa.cert, ...proof },
      ...(password === undefined ? {} : { password }),
    });
    await station.switchOn();
    await station.switchOff();
  };
  const refusedFor = (reason: string): Promise<number> =>
    stage.count('roamgrid_ocpp_refused_connections_total', 'reason', reason);
  const isRefused = async (reason: string, trying: Promise<void>): Promise<void> => {
    const before = await refusedFor(reason);
    await assert.rejects(trying, /refused|401|Unauthorized/i);
    assert.equal((await refusedFor(reason)) - before, 1, reason);
  };

  it('come in by password where a password is what they prove themselves by', async () => {
    assert.match(stage.url, /^wss:/);
    await comeIn('PASS-1');
    await isRefused('PASSWORD_WRONG', comeIn('PASS-1', undefined, 'another'));
    await isRefused('PASSWORD_WRONG', comeIn('PASS-1', own, 'another'));
  });

  it('come in by a certificate that names them, that is the one written down, or that has the name written down', async () => {
    for (const stationId of ['CERT-1', 'PRINTED', 'NAMED']) await comeIn(stationId, own);
  });

  it('are refused with none, also by a password', async () => {
    await isRefused('CERTIFICATE_MISSING', comeIn('CERT-1'));
    await isRefused('CERTIFICATE_MISSING', comeIn('CERT-1', undefined, 'a-password-of-20-bytes'));
  });

  it('are refused with one of another authority, whatever name it has', async () => {
    const forged = await issue(await makeAuthority('stations'), 'CERT-1');
    await isRefused('CERTIFICATE_UNTRUSTED', comeIn('CERT-1', forged));
    await isRefused('CERTIFICATE_UNTRUSTED', comeIn('CERT-1', await issue(serverCa, 'CERT-1')));
  });

  it('are refused with another station’s', async () => {
    const others = await issue(stationCa, 'CERT-2');
    await isRefused('CERTIFICATE_OF_ANOTHER', comeIn('CERT-1', others));
    await isRefused('CERTIFICATE_OF_ANOTHER', comeIn('NAMED', others));
    const sameName = await issue(stationCa, 'CERT-1');
    await isRefused('CERTIFICATE_OF_ANOTHER', comeIn('PRINTED', sameName));
    await isRefused('CERTIFICATE_OF_ANOTHER', comeIn('BOTH', own));
  });
});
