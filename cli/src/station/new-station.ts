import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashPassword, ocppStation } from '@roamgrid/ocpp';
import { privateFolder, privateJwk, type PrivateJwk } from '@roamgrid/service-kit/runtime';
import { storedKey } from '@roamgrid/stories/key-ring';
import { evseId, laneGroup, recordId, stationRegistration, timeZoneName, utilityId } from '@roamgrid/wire';
import { z } from 'zod';

/** A station of one outlet as its utility describes it. */
export const newStation = z.strictObject({
  utility: utilityId,
  id: recordId.max(48),
  evseId,
  powerW: z.bigint().positive(),
  name: z.string().min(1).max(200),
  address: z.string().min(1).max(200),
  timeZone: timeZoneName,
  group: laneGroup,
  certificate: z.boolean(),
});
export type NewStation = z.output<typeof newStation>;

/** 20 characters: what stations of OCPP 1.6 as well as of 2.x can be given. */
const PASSWORD_BYTES = 15;

const makeKey = (kid: string): PrivateJwk => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateJwk.parse({ ...privateKey.export({ format: 'jwk' }), kid });
};

/** Without what is private in it. */
const publicOf = (key: PrivateJwk) => {
  const { d: _private, ...rest } = storedKey.parse(key);
  return rest;
};

const command = (
  { utility, id, name, address, timeZone, group, ...outlet }: NewStation,
  key: PrivateJwk,
  register: PrivateJwk,
) => ({
  command: {
    commandId: `register-${id}`,
    station: z.encode(stationRegistration, {
      ...{ stationId: id, utilityId: utility, group, name, address, timeZone },
      countryCode: utility.slice(0, 2),
      infrastructureProvider: `${utility}-infrastructure`,
      status: 'active',
      signingKey: publicOf(key),
      evses: [
        {
          ...{ evseId: outlet.evseId, maxPowerW: outlet.powerW, meterId: `${id}-meter` },
          operatorMeter: { meterId: `${id}-register`, meterKey: publicOf(register) },
        },
      ],
    }),
  },
});

/**
 * Makes what a station of OCPP needs: the command by which the ledger knows it, its entry for the configuration of the door that
 * speaks for it, and its password unless it comes by certificate. Each is a file that nobody else reads.
 * @returns the files by what they are for
 */
export const makeStation = async (
  station: NewStation,
  folder: string,
): Promise<Record<'register' | 'door' | 'password', string>> => {
  const { id, evseId: outlet, powerW, certificate } = station;
  const [key, register] = [makeKey(id), makeKey(`${id}-register`)];
  const password = randomBytes(PASSWORD_BYTES).toString('base64url');
  const entry = {
    stationId: id,
    credential: certificate ? { certificate: {} } : { passwordHash: await hashPassword(password) },
    ...{ keyId: id, key, hasScreen: true },
    outlets: [
      {
        ...{ evse: 1, evseId: outlet, maxPowerW: powerW.toString() },
        operatorMeter: { meterId: `${id}-register`, key: register },
      },
    ],
  };
  ocppStation.parse(entry);
  privateFolder(folder);
  const keep = (name: string, text: string): string => {
    const file = join(folder, name);
    // Keys that are on the ledger already are not lost by a word that was said twice.
    writeFileSync(file, `${text}\n`, { mode: 0o600, flag: 'wx' });
    return file;
  };
  return {
    register: keep('register.json', JSON.stringify(command(station, key, register))),
    door: keep('door-station.json', JSON.stringify(entry, undefined, 2)),
    password: certificate ? '' : keep('password', password),
  };
};
