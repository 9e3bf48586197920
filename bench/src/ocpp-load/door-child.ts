/** The door in a process of its own: its memory is measured. */
import { generateKeyPairSync } from 'node:crypto';
import { startOcppDoor, type OcppDoor } from '@roamgrid/ocpp';
import { memoryOf, serve, type DoorOrder, type DoorReady } from './order.ts';

const jwk = (kid: string) => {
  const { kty, crv, x, y, d } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    format: 'jwk',
  });
  return { kty, crv, x, y, d, kid } as {
    kty: 'EC';
    crv: 'P-256';
    x: string;
    y: string;
    d: string;
    kid: string;
  };
};

let door: OcppDoor | undefined;

const start = async ({ stateDir, gatewayUrl, stations }: DoorOrder): Promise<DoorReady> => {
  const [key, meter, operator] = [jwk('station'), jwk('meter'), jwk('operator')];
  const { kty, crv, x, y, kid } = operator;
  door = await startOcppDoor({
    utilityId: 'USDUK',
    database: { stateDir, name: 'ocpp_load' },
    gatewayUrl,
    edge: { insecurePlainTransport: true },
    tokenSecret: 'ab'.repeat(32),
    trusted: [{ iss: 'operator', role: 'operator', key: { kty, crv, x, y, kid } }],
    stations: stations.map(({ stationId, passwordHash }, at) => ({
      ...{ stationId, credential: { passwordHash }, keyId: 'station', key, hasScreen: true },
      outlets: [
        {
          ...{ evse: 1, evseId: `US*DUK*E${at + 1}*1`, maxPowerW: '22000' },
          operatorMeter: { meterId: `M-${at + 1}`, key: meter },
        },
      ],
    })),
    logLevel: 'warn',
  });
  return { stationsUrl: door.stationsUrl };
};

serve({ start, memory: () => Promise.resolve(memoryOf()) }, async () => door?.close());
