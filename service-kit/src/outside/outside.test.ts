import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AddressRefused, createJudge } from './judge-address.ts';
import { createOutside, type Outside, type OutsideOptions } from './outside-fetch.ts';

const INSIDE: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.1', '127.255.255.254', '::1'],
  private: ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
  'link-local, with the metadata of clouds': ['169.254.0.1', '169.254.169.254', 'fe80::1', 'fe80::1%eth0'],
  'unique-local, metadata too': ['fc00::1', 'fd00:ec2::254'],
  multicast: ['224.0.0.1', '239.255.255.250', 'ff02::1'],
  unspecified: ['0.0.0.0', '0.1.2.3', '::'],
  broadcast: ['255.255.255.255'],
  'of a provider’s own network': ['100.64.0.1', '100.100.100.200'],
  'of a cloud’s machines alone': ['168.63.129.16', '192.0.0.192'],
  reserved: ['240.0.0.1', '192.0.2.1', '198.18.0.1', '203.0.113.5', '2001:db8::1', 'fec0::1', '4000::1'],
  'IPv4 within IPv6': [
    ...['::ffff:127.0.0.1', '::ffff:10.0.0.1', '::ffff:a9fe:a9fe', '::127.0.0.1'],
    ...['64:ff9b::7f00:1', '64:ff9b::10.0.0.1', '2002:7f00:1::', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
  ],
  'no address': ['', 'localhost', '1.2.3', '127.1', '0x7f.0.0.1'],
};

describe('addresses that members registered', () => {
  for (const [what, addresses] of Object.entries(INSIDE))
    it(`are refused when they are ${what}`, () => {
      const judge = createJudge([]);
      for (const address of addresses) {
        const refused = judge('member.example', address);
        assert.ok(refused instanceof AddressRefused, address);
        assert.match(refused.message, /^ADDRESS_REFUSED: member\.example is /);
      }
    });

  it('are asked when they are the Internet’s', () => {
    const judge = createJudge([]);
    for (const address of [
      '1.1.1.1',
      '8.8.8.8',
      '172.32.0.1',
      '100.128.0.1',
      '2606:4700::1111',
      '::ffff:8.8.8.8',
    ])
      assert.equal(judge('member.example', address), undefined, address);
  });

  it('are asked inside networks that the operator named, and in no others', () => {
    const judge = createJudge(['10.20.0.0/16', '192.168.7.7', 'fd12::/32', '::1']);
    for (const address of ['10.20.3.4', '::ffff:10.20.3.4', '192.168.7.7', 'fd12:0::1', '::1'])
      assert.equal(judge('member.example', address), undefined, address);
    for (const address of ['10.21.0.1', '192.168.7.8', 'fd13::1', '127.0.0.1', '::2'])
      assert.ok(judge('member.example', address) instanceof AddressRefused, address);
  });
});

describe('asking what members registered', () => {
  let server: Server;
  let port: number;
  let asked: string[];
  let outside: Outside | undefined;
  const open = (options: OutsideOptions): Outside => {
    outside = createOutside(options);
    return outside;
  };
  const refused = (thrown: unknown): boolean => thrown instanceof AddressRefused;

  before(async () => {
    server = createServer((request, response) => {
      asked.push(`${request.headers.host ?? ''}${request.url ?? ''}`);
      const { port: at } = server.address() as AddressInfo;
      if (request.url === '/moved')
        response.writeHead(302, { location: `http://127.0.0.2:${at}/inside` }).end();
      // So that each question makes a connection of its own.
      else response.writeHead(200, { connection: 'close' }).end('hello');
    });
    await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
    ({ port } = server.address() as AddressInfo);
  });
  beforeEach(() => {
    asked = [];
  });
  afterEach(() => outside?.close());
  after(() => server.close());

  it('sends nothing to an address inside, however it is written', async () => {
    const { fetch } = open({ allowedNetworks: [] });
    for (const host of [
      ...['localhost', '127.0.0.1', '127.1', '2130706433', '0x7f000001', '0177.0.0.1', '0.0.0.0'],
      ...['[::1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::]'],
    ])
      await assert.rejects(fetch(`http://${host}:${port}/`), refused, host);
    assert.deepEqual(asked, []);
  });

  it('answers as it would be answered anywhere where the operator allows the network', async () => {
    const { fetch } = open({ allowedNetworks: ['127.0.0.0/8'] });
    const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'x' });
    assert.ok(answer instanceof Response);
    assert.equal(answer.status, 200);
    assert.equal(await answer.text(), 'hello');
    assert.deepEqual(asked, [`127.0.0.1:${port}/`]);
  });

  it('connects to the very address that it judged: a name is resolved once a connection, and judged each time', async () => {
    const answers = ['127.0.0.1', '127.0.0.2'];
    let resolved = 0;
    const { fetch } = open({
      allowedNetworks: ['127.0.0.1'],
      resolve: () => Promise.resolve([{ address: answers[resolved++] ?? '', family: 4 }]),
    });
    assert.equal(await (await fetch(`http://member.invalid:${port}/first`)).text(), 'hello');
    assert.equal(resolved, 1);
    await assert.rejects(fetch(`http://member.invalid:${port}/second`), refused);
    assert.equal(resolved, 2);
    assert.deepEqual(asked, [`member.invalid:${port}/first`]);
  });

  it('refuses a name that has an address inside beside one outside', async () => {
    const { fetch } = open({
      allowedNetworks: [],
      resolve: () =>
        Promise.resolve([
          { address: '8.8.8.8', family: 4 },
          { address: '127.0.0.1', family: 4 },
        ]),
    });
    await assert.rejects(fetch(`http://member.invalid:${port}/`), refused);
    assert.deepEqual(asked, []);
  });

  it('follows no redirect', async () => {
    const { fetch } = open({ allowedNetworks: ['127.0.0.0/8'] });
    const answer = await fetch(`http://127.0.0.1:${port}/moved`);
    assert.equal(answer.status, 302);
    assert.deepEqual(asked, [`127.0.0.1:${port}/moved`]);
  });

  it('says of a name that is none what the standard’s does', async () => {
    const { fetch } = open({
      allowedNetworks: [],
      resolve: () => Promise.reject(new Error('no such name')),
    });
    await assert.rejects(fetch('http://member.invalid/'), TypeError);
  });
});
