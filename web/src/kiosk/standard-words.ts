import type { EndReason, OCPP_REASONS } from '@roamgrid/domain';

/** The page carries no code of other parts; the compiler compares this with theirs, word by word. */
const STANDARD_WORDS: typeof OCPP_REASONS = {
  full: 'StoppedByEV',
  driver: 'Local',
  'cable-out': 'EVDisconnected',
  limit: 'EnergyLimitReached',
  revoked: 'DeAuthorized',
  'ledger-unavailable': 'Other',
  operator: 'Remote',
  'over-current': 'OvercurrentFault',
  'ground-fault': 'GroundFault',
  'over-temperature': 'Other',
  'meter-error': 'Other',
  'power-cut': 'PowerLoss',
  fault: 'Other',
};

/** Why charging ended, as a hotline asks for it in every language. */
export const standardWord = (reason: EndReason): string => STANDARD_WORDS[reason];
