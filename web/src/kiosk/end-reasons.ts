import type { EndReason, OCPP_REASONS } from '@roamgrid/domain';

/** Why charging ended, in the driver's words. */
const SENTENCES: Readonly<Record<EndReason, string>> = {
  full: 'Your battery is full.',
  driver: 'You stopped charging.',
  'cable-out': 'The cable was pulled out.',
  limit: 'The agreed limit was reached.',
  revoked: 'Your utility no longer pays for this session.',
  'ledger-unavailable': 'Sessions cannot be recorded now, so charging had to end.',
  operator: 'The operator of this station ended charging.',
  'over-current': 'Your car drew too much current, so charging ended.',
  'ground-fault':
    'Charging ended because current leaked to ground. Do not touch the car, and call the operator.',
  'over-temperature': 'The plug became too hot, so charging ended.',
  'meter-error': 'The meter of this outlet failed, so charging ended. What it counted before is billed.',
  'power-cut': 'The power failed, so charging ended.',
  fault: 'Charging ended because of a fault.',
};

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

export const endedBecause = (reason: EndReason): string => SENTENCES[reason];

/** What a hotline asks for. */
export const standardWord = (reason: EndReason): string => STANDARD_WORDS[reason];
