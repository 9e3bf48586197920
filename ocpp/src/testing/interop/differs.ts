import type { Exercised } from './exercise.ts';
import type { StationPeer } from './peer.ts';

/** By peer, version and action: what comes of it with a peer that does it otherwise. `docs/interop.md` says why. */
const DIFFERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '@evpower/ocpp-ts ocpp1.6': {
    GetLog: 'rejected, InternalError',
    SignedUpdateFirmware: 'rejected, InternalError',
  },
  'ocpp-virtual-charge-point ocpp1.6': {
    GetCompositeSchedule: 'rejected, Accepted, without a schedule',
    TriggerMessage: 'unsupported, NotImplemented',
  },
  'ocpp-virtual-charge-point ocpp2.0.1': { GetCompositeSchedule: 'rejected, Accepted, without a schedule' },
  'ocpp-virtual-charge-point ocpp2.1': { GetCompositeSchedule: 'rejected, Accepted, without a schedule' },
};

/** Rows that came to something else than they should with this peer. */
export const unexpected = (
  { name, protocol }: StationPeer,
  rows: readonly Exercised[],
): readonly Exercised[] => {
  const known = DIFFERS[`${name} ${protocol}`] ?? {};
  return rows.filter(({ action, came }) => {
    const differs = known[action];
    return differs === undefined ? came !== 'ok' : !came.startsWith(differs);
  });
};
