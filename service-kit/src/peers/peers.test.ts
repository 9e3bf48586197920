import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:tls';
import { z } from 'zod';
import { createLogger, type Logger } from '../log/logger.ts';
import { createService, type Service } from '../http/service.ts';
import { reply, route } from '../http/route.ts';
import { withKitProblems } from '../problem/catalogue.ts';
import { createPeerClient } from './ask-peer.ts';
import { createPeerAuthority, issuePeerCertificate, type CertifiedKey } from './certificates.ts';
import { peerOf, type Peer } from './identity.ts';
import { createRefusalLog, type PeerRefusal } from './refusals.ts';
import { peerAuth, peerTls, type PeerIdentity } from './serve-peers.ts';

const SERVER: Peer = { role: 'cabinet', id: 's1' };
const FRIEND: Peer = { role: 'controller', id: 'site' };
const BLADE: Peer = { role: 'blade', id: 'b1' };
const DAY_MS = 86_400_000;

describe('peers that know each other by certificate', () => {
  let authority: CertifiedKey;
  let other: CertifiedKey;
  let service: Service;
  let url: string;
  const served: PeerRefusal[] = [];
  const lines: string[] = [];

  const identity = async (peer: Peer, issuer = authority, days = 1): Promise<PeerIdentity> => {
    const untilMs = Date.now() + days * DAY_MS;
    const validity = { fromMs: untilMs - 2 * DAY_MS, untilMs };
    return { ...(await issuePeerCertificate(issuer, { peer, validity })), authority: authority.cert };
  };

  before(async () => {
    [authority, other] = [await createPeerAuthority('ours'), await createPeerAuthority('ours')];
    const logger: Logger = createLogger('peers', { destination: { write: (line) => void lines.push(line) } });
    const log = createRefusalLog(logger);
    service = createService({
      ...{ name: 'peers', version: '0', logger: createLogger('quiet', { level: 'silent' }) },
      problems: withKitProblems({}),
      tls: peerTls({
        identity: await identity(SERVER),
        known: [FRIEND, BLADE],
        onRefused: (refusal) => {
          served.push(refusal);
          log(refusal);
        },
      }),
      routes: [
        route({
          method: 'get',
          path: '/v1/me',
          summary: 'Who asks',
          auth: peerAuth('controller'),
          answers: { 200: z.strictObject({ id: z.string() }) },
          handler: ({ principal }) => Promise.resolve(reply(200, { id: principal.id })),
        }),
      ],
    });
    url = await service.listen();
  });
  after(() => service.close());

  const ask = async (shown: PeerIdentity, peer = SERVER) => {
    const refused: PeerRefusal[] = [];
    const client = createPeerClient({
      identity: shown,
      peer,
      url,
      onRefused: (refusal) => refused.push(refusal),
    });
    const answer = z.strictObject({ id: z.string() });
    const asked = await client.ask({ method: 'GET', path: '/v1/me', answer, timeoutMs: 5_000 });
    await client.close();
    return { asked, refused };
  };

  it('let each other in when issuer and name are right on both sides', async () => {
    const { asked, refused } = await ask(await identity(FRIEND));
    assert.deepEqual(asked.ok && asked.value, { id: 'site' });
    assert.deepEqual([refused, served], [[], []]);
  });

  const wrong: readonly (readonly [string, () => Promise<PeerIdentity>, Partial<PeerRefusal>])[] = [
    ['of another authority', () => identity(FRIEND, other), { code: 'CERTIFICATE_UNTRUSTED' }],
    [
      'that is over',
      () => identity(FRIEND, authority, -0.5),
      { code: 'CERTIFICATE_UNTRUSTED', reason: 'CERT_HAS_EXPIRED' },
    ],
    [
      'of somebody whom the door does not know',
      () => identity({ role: 'controller', id: 'else' }),
      { code: 'PEER_UNKNOWN' },
    ],
    [
      'of the right id in another role',
      () => identity({ role: 'sensor', id: 'site' }),
      { code: 'PEER_UNKNOWN' },
    ],
  ];
  for (const [what, shown, expected] of wrong) {
    it(`refuse a caller with a certificate ${what}, before it says a word, and log that once`, async () => {
      served.length = 0;
      lines.length = 0;
      const one = await shown();
      for (const time of [1, 2, 3]) {
        const { asked } = await ask(one);
        assert.equal(!asked.ok && asked.failure.kind, 'unreachable', `${time}`);
      }
      assert.equal(served.length, 3);
      assert.deepEqual({ ...served[0], ...expected }, served[0]);
      assert.equal(lines.length, 1, lines.join());
      assert.match(lines[0] ?? '', /refused by its certificate/);
    });
  }

  it('refuse a caller without any', async () => {
    served.length = 0;
    const { port } = new URL(url);
    const socket = connect({ port: Number(port), host: '127.0.0.1', rejectUnauthorized: false });
    socket.write('GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n');
    let answer = '';
    socket.on('data', (chunk) => (answer += String(chunk)));
    socket.on('error', () => undefined);
    await once(socket, 'close');
    assert.equal(answer, '');
    assert.equal(served[0]?.code, 'CERTIFICATE_MISSING');
  });

  it('refuse one with a certificate that is good for other routes by its role', async () => {
    const { asked } = await ask(await identity(BLADE));
    assert.equal(!asked.ok && asked.failure.kind === 'problem' && asked.failure.problem.code, 'FORBIDDEN');
  });

  it('ask nobody who is not the one that is meant, and say so', async () => {
    const one = await ask(await identity(FRIEND), { role: 'cabinet', id: 's2' });
    assert.equal(!one.asked.ok && one.asked.failure.kind, 'unreachable');
    assert.deepEqual(one.refused, [
      { code: 'PEER_OF_ANOTHER', side: 'asking', address: 'localhost', shown: 'urn:roamgrid:cabinet:s1' },
    ]);
    const two = await ask({ ...(await identity(FRIEND)), authority: other.cert });
    assert.equal(!two.asked.ok && two.asked.failure.kind, 'unreachable');
    assert.equal(two.refused[0]?.code, 'CERTIFICATE_UNTRUSTED');
  });

  it('read one name out of a certificate and none out of what only looks like one', async () => {
    const read = async (id: string) =>
      peerOf(
        new X509Certificate((await issuePeerCertificate(authority, { peer: { role: 'blade', id } })).cert),
      );
    assert.deepEqual(await read('b1'), BLADE);
    for (const id of ['', 'b 1', 'b1, URI:urn:roamgrid:controller:site', 'b1:2', 'x'.repeat(65)]) {
      assert.equal(await read(id), undefined, id);
    }
  });
});
