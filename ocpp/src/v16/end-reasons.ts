import type { EndReason } from '@roamgrid/domain';

/** Spec: OCPP 1.6 §7.36, Reason. `Other` says nothing, and is told as nothing. */
const REASONS: Readonly<Record<string, EndReason>> = {
  DeAuthorized: 'revoked',
  EmergencyStop: 'fault',
  EVDisconnected: 'cable-out',
  HardReset: 'operator',
  Local: 'driver',
  PowerLoss: 'power-cut',
  Reboot: 'fault',
  Remote: 'operator',
  SoftReset: 'operator',
  UnlockCommand: 'operator',
};

/** A stop without a reason is one that somebody made at the station. */
export const endReasonOf = (reason = 'Local'): EndReason | undefined => REASONS[reason];
