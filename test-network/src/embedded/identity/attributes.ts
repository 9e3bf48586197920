/**
 * The attribute extension of Fabric CA certificates, which `ClientIdentity.getAttributeValue` reads.
 * Spec: Fabric CA user guide, "Attribute-Based Access Control"; `attrmgr` of fabric-ca.
 */
import type { Extension } from '@peculiar/x509';
import { x509 } from './x509.ts';

export const ATTRIBUTES_OID = '1.2.3.4.5.6.7.8.1';

/** The extension's value is the JSON text itself, without an ASN.1 wrapper. */
export function attributesExtension(attributes: Readonly<Record<string, string>>): Extension {
  const json = new TextEncoder().encode(JSON.stringify({ attrs: attributes }));
  return new x509.Extension(ATTRIBUTES_OID, false, json);
}

/** The attributes of a certificate; empty when it has none. Throws when the extension is not the JSON expected. */
export function readAttributes(certificatePem: string): Record<string, string> {
  const extension = new x509.X509Certificate(certificatePem).getExtension(ATTRIBUTES_OID);
  if (extension === null) return {};
  const parsed: unknown = JSON.parse(Buffer.from(extension.value).toString('utf8'));
  if (typeof parsed !== 'object' || parsed === null || !('attrs' in parsed)) {
    throw new Error('the attribute extension has no "attrs" object');
  }
  return parsed.attrs as Record<string, string>;
}
