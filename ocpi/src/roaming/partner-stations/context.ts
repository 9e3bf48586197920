import { createPrivateKey, type KeyObject } from 'node:crypto';
import {
  DoorClock,
  GatewayClient,
  InTurn,
  StationClock,
  systemClock,
  type StationIdentity,
  type VouchedOutlet,
} from '@roamgrid/station-kit';
import type { PrivateJwk } from '@roamgrid/service-kit/runtime';
import type { PublicJwk } from '@roamgrid/wire';
import type { Door } from '../../door.ts';
import { isSameId } from '../../objects/scalars.ts';
import type { Machines } from '../stand-in/machines.ts';
import type { PartnerStationsSettings } from './config.ts';

/** A partner's EVSE, which is a station of the utility's on the ledger. */
export interface PartnerOutlet extends VouchedOutlet {
  readonly partnerId: string;
  readonly locationId: string;
  readonly evseUid: string;
  readonly maxPowerW: bigint;
  readonly identity: StationIdentity;
  readonly gateway: GatewayClient;
  readonly signingMeter?: { readonly meterId: string; readonly publicKey: PublicJwk };
}

/** What everything of this folder works with. */
export interface StationsContext {
  readonly door: Door;
  readonly clock: DoorClock;
  readonly outlets: readonly PartnerOutlet[];
  /** What is done about an outlet goes one after the other. */
  readonly turns: InTurn;
  readonly usualAsk: PartnerStationsSettings['usualAsk'];
  /** By which records are taken back; none where the utility stands in for nobody. */
  readonly machines: Machines | undefined;
}

const keyOf = ({ kty, crv, x, y, d }: PrivateJwk): KeyObject =>
  createPrivateKey({ key: { kty, crv, x, y, d }, format: 'jwk' });

export const createContext = (
  door: Door,
  settings: PartnerStationsSettings,
  machines: Machines | undefined,
): StationsContext => {
  const own = { ...systemClock, nowMs: door.nowMs };
  const clock = new StationClock(own);
  const { utilityId, times } = door.settings;
  const outlets = settings.outlets.map((one): PartnerOutlet => {
    const { partnerId, locationId, evseUid, stationId, keyId, key, evseId, maxPowerW } = one;
    const { operatorMeter, signingMeter } = one;
    const identity = { stationId, utilityId, keyId, key: keyOf(key) };
    const gateway = new GatewayClient(settings.gatewayUrl, identity, {
      clock,
      timeoutMs: times.authorise,
      ...(settings.gatewayAudience !== undefined && { audience: settings.gatewayAudience }),
    });
    return {
      ...{ partnerId, locationId, evseUid, evseId, maxPowerW, identity, gateway },
      operatorMeter: { meterId: operatorMeter.meterId, key: keyOf(operatorMeter.key) },
      ...(signingMeter && {
        signingMeter: { meterId: signingMeter.meterId, publicKey: signingMeter.key },
      }),
    };
  });
  return {
    ...{ door, outlets, turns: new InTurn(), usualAsk: settings.usualAsk, machines },
    clock: new DoorClock(clock, door.nowMs),
  };
};

/** The outlets that a partner can mean; without uids all of the location. */
export const outletsAt = (
  { outlets }: StationsContext,
  partnerId: string,
  locationId: string,
  evseUids: readonly string[] = [],
): readonly PartnerOutlet[] =>
  outlets.filter(
    (one) =>
      one.partnerId === partnerId &&
      isSameId(one.locationId, locationId) &&
      (evseUids.length === 0 || evseUids.some((uid) => isSameId(uid, one.evseUid))),
  );

export const outletOf = ({ outlets }: StationsContext, evseId: string | null): PartnerOutlet | undefined =>
  outlets.find((one) => one.evseId === evseId);
