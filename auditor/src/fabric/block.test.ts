import assert from 'node:assert/strict';
import { concat, utf8, type Bytes } from '../bytes.ts';
import { nodePrimitives } from '../node/primitives.ts';
import { headerOf, requireOrdered, type Block } from './block.ts';
import { readCertificate } from './certificate.ts';
import type { ChannelConfig } from './channel-config.ts';
import { Identities, identityOf } from './identity.ts';
import { certify, signLow, type Certified } from './testing/certificates.ts';
import { field, numberField } from './testing/messages.ts';

const MSP = 'OrderingMSP';
const authority = { name: 'authority', ...certify('authority', 'authority') };
const certified = (name: string): Certified => certify(name, 'orderer', authority);
const [a, b, c] = [certified('a'), certified('b'), certified('c')];
const NODES = [a, b, c, certified('d')];
const stranger = certified('stranger');

const organisation = { mspId: MSP, roots: [readCertificate(utf8(authority.pem))], intermediates: [] };
const config: ChannelConfig = {
  channel: 'roamgrid',
  policies: { policies: new Map(), groups: new Map(), mspId: undefined },
  members: new Map(),
  orderers: new Map([[MSP, organisation]]),
  isBft: true,
  consenters: NODES.map(({ pem }, at) => ({ number: at + 1, identity: identityOf(MSP, utf8(pem)) })),
};

const unsigned: Block = {
  number: 5,
  previousHash: new Uint8Array(32),
  envelopes: [],
  codes: new Uint8Array(),
  signatures: new Uint8Array(),
};
const METADATA = utf8('which configuration');

/** One signature of the block, by a key under a header that says whose it is. */
const signatureBy = ({ key }: Certified, which: 1 | 3, header: Bytes): Bytes => {
  const message = concat(METADATA, header, headerOf(nodePrimitives, unsigned));
  return field(
    2,
    which === 1 ? field(1, header) : new Uint8Array(),
    field(2, signLow(key, message)),
    which === 3 ? field(3, header) : new Uint8Array(),
  );
};
const byNumber = (node: Certified): Bytes => signatureBy(node, 3, numberField(1, NODES.indexOf(node) + 1));
const byPem = (node: Certified, pem = node.pem): Bytes =>
  signatureBy(node, 1, field(1, field(1, utf8(MSP)), field(2, utf8(pem))));

const order = (signatures: readonly Bytes[], by = config): Promise<void> =>
  requireOrdered(
    nodePrimitives,
    { ...unsigned, signatures: concat(field(1, METADATA), ...signatures) },
    by,
    new Identities(nodePrimitives, by.orderers),
  );

describe('a block of a BFT channel', () => {
  it('is ordered when a quorum of its nodes signed it, whichever way each says who it is', async () => {
    await order([byNumber(a), byNumber(b), byNumber(c)]);
    await order([byNumber(a), byPem(b), byPem(c, c.turnedPem)]);
    await assert.rejects(
      order([byNumber(a), byNumber(b)]),
      /block 5 is signed by 2 ordering nodes, not by 3/,
    );
  });

  it('counts a node once, in however many forms of its certificate it signs', async () => {
    const forms = [
      byNumber(a),
      byPem(a),
      byPem(a, `\n${a.pem}\n\n`),
      byPem(a, a.pem.replace(/(?<=\n.{64})/, '\n')),
      byPem(a, a.turnedPem),
    ];
    await assert.rejects(order(forms), /block 5 is signed by 1 ordering nodes, not by 3/);
  });

  it('takes no signature of a node that its configuration does not count, though its organisation orders', async () => {
    const others = [byNumber(a), byNumber(b), byPem(stranger)];
    await assert.rejects(order(others), /block 5 is signed by one of OrderingMSP who does not order/);
    await order(others, { ...config, isBft: false, consenters: config.consenters });
  });

  it('takes no certificate with more in it than a certificate has', () => {
    const whole = Buffer.from(a.pem.replace(/-----[A-Z ]+-----|\s/g, ''), 'base64');
    const more = Buffer.concat([whole, Buffer.of(0x05, 0x00)]);
    more.writeUInt16BE(more.length - 4, 2);
    const pem = `-----BEGIN CERTIFICATE-----\n${more.toString('base64')}\n-----END CERTIFICATE-----\n`;
    assert.throws(() => readCertificate(utf8(pem)), /a certificate has not three parts/);
  });

  it('takes no signature whose signer is named in two ways', async () => {
    const header = numberField(1, 1);
    const both = field(
      2,
      field(1, field(1, field(1, utf8(MSP)), field(2, utf8(b.pem)))),
      field(2, utf8('s')),
      field(3, header),
    );
    await assert.rejects(order([both]), /names its signer in two ways, or in none/);
  });
});
