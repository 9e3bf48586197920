import { Agent } from 'node:https';
import type { SecureContextOptions } from 'node:tls';

/** By which a service that lets known peers in alone is asked: one's own certificate, and the authority of both. */
export interface PeerTls extends SecureContextOptions {
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
  /** What counts is who the certificate is of, not where that one stands. */
  readonly checkServerIdentity: () => undefined;
}

const byPort = new Map<number, { readonly tls: PeerTls; readonly agent: Agent }>();

/** Has inputs for a port go by a certificate from now on. */
export const goByCertificate = (
  port: number,
  { key, cert, authority }: { readonly key: string; readonly cert: string; readonly authority: string },
): void => {
  const tls = { key, cert, ca: authority, checkServerIdentity: () => undefined };
  byPort.set(port, { tls, agent: new Agent({ ...tls, keepAlive: true, maxSockets: 64 }) });
};

/** How a port is asked by a certificate; not at all where none is needed. */
export const certificateFor = (port: number) => byPort.get(port);

export const endCertifiedConnections = (): void => {
  for (const { agent } of byPort.values()) agent.destroy();
};
