import { join } from 'node:path';
import { bytesOfBase64url } from '@roamgrid/offline';
import { chargerCertificate } from '@roamgrid/wire';
import type { StationDefinition } from '../system/consortium.ts';
import { keyObject } from '../system/key-ring.ts';
import { meterKeyName, stationKeyName } from '../system/register.ts';
import { base64, type ChargerOrder } from './charger-order.ts';
import type { OfflineStage } from './stage.ts';
import { keysOf, pemOf } from './underground.ts';

const inBase64 = (base64url: string): string => base64(bytesOfBase64url(base64url));
const inBase64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

/**
 * Sets a charger with a new key up, by what its utility's gateway says.
 * @param at which outlet of the station
 * @param folder in which it has one for what it has to know
 * @returns what its process is told
 */
export const setUpCharger = async (
  { system, duke }: OfflineStage,
  station: StationDefinition,
  at: number,
  folder: string,
): Promise<ChargerOrder> => {
  const outlet = station.outlets[at];
  if (outlet === undefined) throw new Error('the station has the outlet');
  const { evseId, meterId, maxPowerW } = outlet;
  const { stationId, placeId } = station;
  const own = await keysOf();
  const [x, y] = [inBase64url(own.key.x), inBase64url(own.key.y)];
  const given = await duke.operator(
    'PUT',
    `${duke.gateway.url}/operator/v1/offline/chargers/${encodeURIComponent(evseId)}/certificate`,
    { key: { kty: 'EC', crv: 'P-256', x, y, kid: 'charger' } },
    chargerCertificate,
  );
  const { kid, key, readerPoint } = given.operator;
  const pem = (name: string) => pemOf(keyObject(system.keys.key(name)));
  return {
    ...{ folder: join(folder, meterId), evseId, hasBattery: true },
    groupIds: placeId === undefined ? [] : [placeId],
    ...{ stationId, utilityId: duke.definition.utilityId, meterId, maxPowerW: maxPowerW.toString() },
    ...{ stationKeyPem: pem(stationKeyName(stationId)), meterKeyPem: pem(meterKeyName(meterId)) },
    charger: {
      ...{ keyPem: pemOf(own.privateKey), kid: base64(own.kid) },
      certificate: inBase64(given.certificate),
    },
    operator: {
      ...{ kid: inBase64(kid), x: inBase64(key.x), y: inBase64(key.y) },
      readerPoint: inBase64(readerPoint),
    },
    firstIssuers: inBase64(given.issuers),
  };
};
