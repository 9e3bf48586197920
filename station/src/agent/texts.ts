import type { CinService } from '@roamgrid/domain';
import type { KioskState } from '@roamgrid/wire';
import { isDiskFault } from '../ends/until-kept.ts';
import { GatewayRefusal, GatewayUnreachable } from '@roamgrid/station-kit';

/** What the outlet itself tells a driver whom it turns away. */

/** A swipe that the outlet itself turned away, in the words that the screen shows. */
export const refusedState = (code: string, message: string, remedy: string): KioskState => ({
  screen: 'refused',
  refusal: { outcome: 'refused', code, message, remedy },
});

/** The screen for a gateway that refused or did not answer, and for a disk that takes no more. @throws anything else */
export const troubleState = (error: unknown): KioskState => {
  if (error instanceof GatewayRefusal)
    return refusedState(error.code, error.message, 'Please try again or call the operator.');
  if (error instanceof GatewayUnreachable) {
    return refusedState(
      'STATION_OFFLINE',
      'This station cannot reach its network.',
      'Please try again in a minute.',
    );
  }
  if (isDiskFault(error)) return cannotKeep();
  throw error;
};

const cannotKeep = (): KioskState =>
  refusedState(
    'STATION_DISK_FULL',
    'This station cannot keep what a session needs now.',
    'Use another station, and call the operator.',
  );

export const inUseByPhone = (): KioskState =>
  refusedState(
    'IN_USE_BY_PHONE',
    'A session that a phone started runs at this outlet, or its cable waits for that phone.',
    'Hold the phone to the charger to end it, or use another outlet.',
  );

export const otherService = (service: CinService): KioskState =>
  refusedState(
    'SERVICE_NOT_HERE',
    `This card is for ${service.replaceAll('-', ' ')}; this outlet charges cars.`,
    'Use a card for charging.',
  );

export const offerRanOut = (): KioskState =>
  refusedState('CONSENT_EXPIRED', 'The offer has run out.', 'Swipe again for a new one.');

export const notPlugged = (): KioskState =>
  refusedState('CABLE_NOT_PLUGGED', 'No cable was plugged in.', 'Plug in, and swipe again.');

export const lockFailed = (): KioskState =>
  refusedState(
    'CABLE_LOCK_FAILED',
    'The cable could not be locked.',
    'Pull it out, push it in firmly and swipe again.',
  );

export const outletFaulty = (fault: string): KioskState =>
  refusedState(
    'OUTLET_FAULTY',
    `This outlet is not safe now (${fault}).`,
    'Use another outlet and call the operator.',
  );
