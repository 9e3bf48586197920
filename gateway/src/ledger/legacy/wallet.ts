import { X509Certificate } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { role as roleSchema, type Role } from '@roamgrid/wire';
import { z } from 'zod';
import { loadFabricNetwork } from './load-package.ts';

/**
 * Takes identities over from a file-system wallet of `fabric-network` (`<label>.id`) into PEM files, as the gateway's
 * configuration names them. The role comes from the certificate's `role` attribute, as the contracts read it.
 */

export interface ImportedIdentity {
  readonly label: string;
  readonly mspId: string;
  /** Absent when the certificate has no role of ours; such an identity is imported and not used. */
  readonly role?: Role;
  readonly certificatePath: string;
  readonly privateKeyPath: string;
}

/** The wallet cannot be taken over as it is. */
export class WalletError extends Error {
  override readonly name = 'WalletError';
}

const x509Identity = z.object({
  type: z.literal('X.509'),
  mspId: z.string(),
  credentials: z.object({ certificate: z.string(), privateKey: z.string() }),
});

/** OID 1.2.3.4.5.6.7.8.1, the attribute extension of Fabric CA, in DER. */
const ATTRIBUTES_OID = Buffer.from([0x06, 0x08, 0x2a, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x01]);
const OCTET_STRING = 0x04;

const attributes = z.object({ attrs: z.record(z.string(), z.string()) });

/** The extension's JSON: an OCTET STRING right behind its OID, with a length of one to three bytes. */
const attributesText = (der: Buffer): string | undefined => {
  const at = der.indexOf(ATTRIBUTES_OID);
  if (at < 0) return undefined;
  const tag = at + ATTRIBUTES_OID.length;
  if (der[tag] !== OCTET_STRING) return undefined;
  const first = der[tag + 1] ?? 0;
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  if (lengthBytes > 2) return undefined;
  const length = lengthBytes === 0 ? first : der.readUIntBE(tag + 2, lengthBytes);
  const start = tag + 2 + lengthBytes;
  return der.subarray(start, start + length).toString('utf8');
};

/** The `role` attribute of a certificate, when it is one of ours. */
export const roleOf = (certificatePem: string): Role | undefined => {
  const text = attributesText(new X509Certificate(certificatePem).raw);
  if (text === undefined) return undefined;
  return roleSchema.safeParse(attributes.parse(JSON.parse(text)).attrs['role']).data;
};

const safeName = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,99}$/;

/**
 * Writes `<target>/<label>/cert.pem` and `key.pem` (readable by their owner only) for each X.509 identity of a wallet.
 * @throws WalletError when the wallet has no identity, one of another type, or a label that is no file name.
 */
export const importWallet = async (
  walletDir: string,
  targetDir: string,
): Promise<readonly ImportedIdentity[]> => {
  const fabric = await loadFabricNetwork();
  const wallet = await fabric.Wallets.newFileSystemWallet(walletDir);
  const labels = (await wallet.list()).sort();
  if (labels.length === 0) throw new WalletError(`${walletDir} has no identities (<label>.id files)`);
  const imported: ImportedIdentity[] = [];
  for (const label of labels) {
    if (!safeName.test(label)) throw new WalletError(`the label ${JSON.stringify(label)} is no file name`);
    // The wallet's own reader refuses types that it has no provider for, such as HSM-X.509.
    const found = x509Identity.safeParse(await wallet.get(label));
    if (!found.success) throw new WalletError(`${label} is no X.509 identity with its key in the wallet`);
    const { mspId, credentials } = found.data;
    const folder = path.join(targetDir, label);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const files = {
      certificatePath: path.join(folder, 'cert.pem'),
      privateKeyPath: path.join(folder, 'key.pem'),
    };
    await writeFile(files.certificatePath, credentials.certificate, { mode: 0o600 });
    await writeFile(files.privateKeyPath, credentials.privateKey, { mode: 0o600 });
    const role = roleOf(credentials.certificate);
    imported.push({ label, mspId, ...(role !== undefined && { role }), ...files });
  }
  return imported;
};

/** `ledger.users` of a gateway's configuration: the organisation's identities by role. */
export const usersOf = (
  imported: readonly ImportedIdentity[],
  mspId: string,
): Partial<Record<Role, { certificatePath: string; privateKeyPath: string }>> => {
  const users: Partial<Record<Role, { certificatePath: string; privateKeyPath: string }>> = {};
  for (const { role, label, certificatePath, privateKeyPath, ...identity } of imported) {
    if (role === undefined || identity.mspId !== mspId) continue;
    if (users[role] !== undefined)
      throw new WalletError(`${label} is the second identity of role ${role}: take one out of the wallet`);
    users[role] = { certificatePath, privateKeyPath };
  }
  return users;
};
