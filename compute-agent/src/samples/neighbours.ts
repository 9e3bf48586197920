import { generateKeyPairSync } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  createPeerAuthority,
  issuePeerCertificate,
  type CertifiedKey,
} from '@roamgrid/service-kit/peer-certificates';
import {
  createPeerClient,
  type Peer,
  type PeerClient,
  type PeerIdentity,
  type PeerRefusal,
} from '@roamgrid/service-kit/peers';
import type { z } from 'zod';
import type { agentConfig } from '../config.ts';
import { primesProgram } from './primes.ts';

export type AgentSettings = z.input<typeof agentConfig>;

const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

/** Cabinets of one operator on this machine that know each other, a controller, and a blade and a sensor each. */
export interface Neighbours {
  readonly authority: CertifiedKey;
  readonly settings: ReadonlyMap<string, AgentSettings>;
  settingsOf(cabinetId: string): AgentSettings;
  identityOf(peer: Peer, issuer?: CertifiedKey): Promise<PeerIdentity>;
  /** Whoever asks a cabinet, by the certificate of its role and id. */
  ask(as: Peer, cabinetId: string, onRefused?: (refusal: PeerRefusal) => void): Promise<PeerClient>;
}

/** The controller that all of them listen to. */
export const CONTROLLER: Peer = { role: 'controller', id: 'site' };

const meterKey = (cabinetId: string): AgentSettings['meter']['key'] => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    ...privateKey.export({ format: 'jwk' }),
    kid: `meter-${cabinetId}`,
  } as AgentSettings['meter']['key'];
};

export interface NeighbourOptions {
  /** Where each has its state, in a folder of its name. */
  readonly folder: string;
  readonly cabinetIds: readonly string[];
  readonly changes?: Partial<AgentSettings>;
}

/** Settings with ports and certificates for cabinets that can then be started, in this process or in ones of their own. */
export const makeNeighbours = async ({
  folder,
  cabinetIds,
  changes,
}: NeighbourOptions): Promise<Neighbours> => {
  const authority = await createPeerAuthority('operator of the cabinets');
  const identityOf = async (peer: Peer, issuer = authority): Promise<PeerIdentity> => ({
    ...(await issuePeerCertificate(issuer, { peer })),
    authority: authority.cert,
  });
  const ports = new Map<string, number>();
  for (const cabinetId of cabinetIds) ports.set(cabinetId, await freePort());
  const urlOf = (cabinetId: string): string => `https://localhost:${ports.get(cabinetId) ?? 0}`;
  const settings = new Map<string, AgentSettings>();
  for (const cabinetId of cabinetIds) {
    settings.set(cabinetId, {
      cabinetId,
      stateDir: join(folder, cabinetId),
      listen: { port: ports.get(cabinetId) ?? 0 },
      logLevel: 'silent',
      identity: await identityOf({ role: 'cabinet', id: cabinetId }),
      peers: {
        controllers: [CONTROLLER.id],
        cabinets: cabinetIds
          .filter((other) => other !== cabinetId)
          .map((other) => ({ cabinetId: other, url: urlOf(other) })),
        blades: [`${cabinetId}-b1`],
        sensors: [`${cabinetId}-door`],
      },
      programs: [primesProgram()],
      power: { standbyW: '20' },
      meter: {
        meterId: `meter-${cabinetId}`,
        evseId: `US*DUK*ESRV${cabinetId.toUpperCase()}`,
        key: meterKey(cabinetId),
      },
      tickMs: 100,
      retryMs: 100,
      ...changes,
    });
  }
  const settingsOf = (cabinetId: string): AgentSettings => {
    const found = settings.get(cabinetId);
    if (found === undefined) throw new RangeError(`no cabinet is called ${cabinetId}`);
    return found;
  };
  return {
    authority,
    settings,
    settingsOf,
    identityOf,
    ask: async (as, cabinetId, onRefused = () => undefined) =>
      createPeerClient({
        identity: await identityOf(as),
        peer: { role: 'cabinet', id: cabinetId },
        url: urlOf(cabinetId),
        onRefused,
      }),
  };
};
