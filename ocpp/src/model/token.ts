/**
 * What a driver showed: a number of the consortium, a contract's id as vehicles and other systems carry it, the serial of a
 * card's chip, or an app's own. Which customer that is, the home utility alone says.
 */
export interface DriverToken {
  readonly type: 'cin' | 'emaid' | 'rfid' | 'app';
  /** As the station read it; never logged. */
  readonly value: string;
}

/** What a token is good for at this outlet now. Versions have fewer words and say the nearest one. */
export type TokenStatus =
  | 'accepted'
  | 'blocked' // home refuses the customer for good
  | 'expired'
  | 'invalid' // nobody knows it, or it is no number at all
  | 'concurrent' // it charges elsewhere
  | 'no-credit'
  | 'not-allowed-here' // no agreement, no price, or the service is not the customer's
  | 'try-later'; // home or the ledger is away
