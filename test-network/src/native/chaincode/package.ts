/** The chaincode package: a connection template and the digest of the code, no code. */
import { createHash } from 'node:crypto';
import { tarGz } from './tar.ts';

export interface ChaincodePackage {
  /** `label:digest`, the same for every organisation. */
  readonly id: string;
  readonly bytes: Buffer;
}

/** Name under which a peer knows the address of its chaincode of that slot: `address`, `address_2`, and so on. */
export const addressName = (slot: number): string => (slot === 0 ? 'address' : `address_${slot + 1}`);

/** Each organisation's peer fills in its own chaincode's address and certificates. */
const connectionTemplate = (slot: number): object => ({
  address: `{{.${addressName(slot)}}}`,
  dial_timeout: '10s',
  tls_required: true,
  client_auth_required: true,
  root_cert: '{{.root_cert}}',
  client_cert: '{{.client_cert}}',
  client_key: '{{.client_key}}',
});

/**
 * Packages chaincode of type ccaas. `codeSha256` binds the package id to the code: organisations that approve the
 * id approve that code. Spec: Fabric documentation, "Fabric chaincode lifecycle", package format.
 */
export function packageChaincode(label: string, codeSha256: string, slot = 0): ChaincodePackage {
  const code = tarGz({
    'connection.json': JSON.stringify(connectionTemplate(slot)),
    'code.sha256': codeSha256,
  });
  const bytes = tarGz({ 'metadata.json': JSON.stringify({ type: 'ccaas', label }), 'code.tar.gz': code });
  return { id: `${label}:${createHash('sha256').update(bytes).digest('hex')}`, bytes };
}
