import type { EndReason } from '@roamgrid/domain';

/** Spec: OCPP 2.0.1 part 2, ReasonEnumType, and 2.1’s. `Other` and `Timeout` say nothing of why, and are told as nothing. */
const REASONS: Readonly<Record<string, EndReason>> = {
  CostLimitReached: 'limit',
  DeAuthorized: 'revoked',
  EmergencyStop: 'fault',
  EnergyLimitReached: 'limit',
  EVDisconnected: 'cable-out',
  GroundFault: 'ground-fault',
  ImmediateReset: 'operator',
  Local: 'driver',
  LocalOutOfCredit: 'limit',
  MasterPass: 'operator',
  OvercurrentFault: 'over-current',
  PowerLoss: 'power-cut',
  PowerQuality: 'fault',
  Reboot: 'fault',
  Remote: 'operator',
  ReqEnergyTransferRejected: 'fault',
  SOCLimitReached: 'limit',
  StoppedByEV: 'full',
  TimeLimitReached: 'limit',
};

/** An end without a reason is one that somebody made at the station. */
export const endReasonOf = (reason = 'Local'): EndReason | undefined => REASONS[reason];
