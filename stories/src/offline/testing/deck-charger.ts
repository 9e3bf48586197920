import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { publicKeyOf } from '@roamgrid/offline/node';
import { chargerCertificate, setWord, stationCalendar } from '@roamgrid/wire';
import { keyObject } from '../../system/key-ring.ts';
import { meterKeyName, stationKeyName } from '../../system/register.ts';
import { startCharger, type ChargerProcess } from '../charger-process.ts';
import { CAR_PARK, EVSE_ID, type OfflineStage } from '../stage.ts';

const pemOf = (key: KeyObject): string => key.export({ format: 'pem', type: 'pkcs8' }).toString();
const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

/** The utility says where the deck is and, in what phones carry, that it is a private outlet of somebody else's. */
export const tellOfDeck = async ({ duke }: OfflineStage): Promise<void> => {
  const [station] = CAR_PARK.stations;
  const calendar = `${duke.gateway.url}/operator/v1/stations/${station?.stationId ?? ''}/calendar`;
  const place = { latitudeE6: 35_995_900, longitudeE6: -78_902_000 };
  await duke.operator('PUT', calendar, { version: 0, place, tasks: [] }, stationCalendar);
  const rules = `${duke.gateway.url}/operator/v1/offline/chargers/${encodeURIComponent(EVSE_ID)}/rules`;
  const said = { kind: 'private', zone: 'America/New_York', drivers: ['00'.repeat(8)] };
  await duke.operator('PUT', rules, said, setWord.pick({ version: true }));
};

/** The car park's charger in a process of its own, set up by what its utility's gateway says. */
export const startDeckCharger = async (
  { duke, system }: OfflineStage,
  folder: string,
): Promise<ChargerProcess> => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x, y } = publicKeyOf(publicKey);
  const key = { kty: 'EC', crv: 'P-256', x: base64url(x), y: base64url(y), kid: 'charger' };
  const url = `${duke.gateway.url}/operator/v1/offline/chargers/${encodeURIComponent(EVSE_ID)}/certificate`;
  const given = await duke.operator('PUT', url, { key }, chargerCertificate);
  const [station] = CAR_PARK.stations;
  const [outlet] = station?.outlets ?? [];
  if (station === undefined || outlet === undefined) throw new Error('the car park has an outlet');
  const kept = (name: string): string => pemOf(keyObject(system.keys.key(name)));
  const { kid, key: operatorKey, readerPoint } = given.operator;
  return startCharger({
    ...{ folder: join(folder, 'deck'), evseId: EVSE_ID, groupIds: [], hasBattery: true },
    ...{ stationId: station.stationId, utilityId: CAR_PARK.utilityId, meterId: outlet.meterId },
    maxPowerW: outlet.maxPowerW.toString(),
    stationKeyPem: kept(stationKeyName(station.stationId)),
    meterKeyPem: kept(meterKeyName(outlet.meterId)),
    charger: {
      keyPem: pemOf(privateKey),
      kid: Buffer.from('charger').toString('base64'),
      certificate: given.certificate,
    },
    operator: { kid, x: operatorKey.x, y: operatorKey.y, readerPoint },
    firstIssuers: given.issuers,
  });
};
