import type { SwipeOffer } from '@roamgrid/wire';
import { isBothWays, type TransferMode } from '../model/energy-transfer.ts';
import type { OutletSetup, StationSetup } from '../model/station.ts';

/**
 * How energy may go in a session on an offer; undefined where the outlet does not say, and charging is all there is. No agreement has
 * terms yet for what a partner's customer gives back, so that the utility's own customers alone may.
 */
export const transferModesOf = (
  { identity }: Pick<StationSetup, 'identity'>,
  { transferModes }: Pick<OutletSetup, 'transferModes'>,
  { quote }: Pick<SwipeOffer, 'quote'>,
): readonly TransferMode[] | undefined => {
  if (transferModes === undefined) return undefined;
  const modes =
    quote.hun === identity.utilityId ? transferModes : transferModes.filter((mode) => !isBothWays(mode));
  return modes.length === 0 ? undefined : modes;
};
