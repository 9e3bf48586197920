import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { common, msp } from '@hyperledger/fabric-protos';
import { newNodeSigner } from '@roamgrid/test-network';
import { headerForm, identityOf, SIGNATURES } from './forger.ts';

/** A certificate with a key of somebody else's in it, under the signature that its issuer gave to another one. */
const withOtherKey = (pem: string): { readonly pem: string; readonly privateKeyPem: string } => {
  const pointOf = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' }).subarray(-65);
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const der = Buffer.from(pem.replace(/-----[A-Z ]+-----|\s/g, ''), 'base64');
  pointOf(publicKey).copy(der, der.indexOf(pointOf(createPublicKey(pem))));
  return {
    pem: `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`,
    privateKeyPem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
};

/** Signs a block anew by a certificate whose key nobody certified. */
export const impersonate = async (block: common.Block): Promise<void> => {
  const slots = block.getMetadata()?.getMetadataList_asU8() ?? [];
  const metadata = common.Metadata.deserializeBinary(slots[SIGNATURES] ?? new Uint8Array());
  for (const signature of metadata.getSignaturesList()) {
    const head = common.SignatureHeader.deserializeBinary(signature.getSignatureHeader_asU8());
    const { mspId, pem } = identityOf(head.getCreator_asU8());
    const other = withOtherKey(pem);
    const identity = new msp.SerializedIdentity();
    identity.setMspid(mspId);
    identity.setIdBytes(Buffer.from(other.pem));
    head.setCreator(identity.serializeBinary());
    const told = head.serializeBinary();
    signature.setSignatureHeader(told);
    const form = headerForm(block.getHeader() ?? new common.BlockHeader());
    const message = Buffer.concat([metadata.getValue_asU8(), told, form]);
    signature.setSignature(await newNodeSigner(other.privateKeyPem)(message));
  }
  slots[SIGNATURES] = metadata.serializeBinary();
  block.getMetadata()?.setMetadataList(slots);
};
