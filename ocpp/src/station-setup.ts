import { createPrivateKey } from 'node:crypto';
import type { PrivateJwk } from '@roamgrid/service-kit/runtime';
import type { DoorSettings } from './config.ts';
import type { StationSetup } from './model/station.ts';

const keyOf = ({ kty, crv, x, y, d }: PrivateJwk) =>
  createPrivateKey({ key: { kty, crv, x, y, d }, format: 'jwk' });

/** The stations of the configuration as the session path knows them. */
export const stationSetups = ({ utilityId, stations }: DoorSettings): readonly StationSetup[] =>
  stations.map(({ stationId, keyId, key, hasScreen, usualAsk, outlets }) => ({
    identity: { stationId, utilityId, keyId, key: keyOf(key) },
    hasScreen,
    usualAsk,
    outlets: outlets.map(
      ({ evse, connector, evseId, maxPowerW, transferModes, operatorMeter, signingMeter }) => ({
        number: connector === undefined ? { evse } : { evse, connector },
        evseId,
        maxPowerW,
        ...(transferModes !== undefined && { transferModes }),
        operatorMeter: { meterId: operatorMeter.meterId, key: keyOf(operatorMeter.key) },
        ...(signingMeter === undefined
          ? {}
          : { signingMeter: { meterId: signingMeter.meterId, publicKey: signingMeter.key } }),
      }),
    ),
  }));
