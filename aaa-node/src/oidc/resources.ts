/** What access tokens of this provider are for. */
export interface TokenResources {
  /** The roaming API, asked by other utilities. Scopes `roaming` and `charging`. */
  readonly roaming: string;
  /** The own gateway's driver API. Scope `bills`. */
  readonly driver: string;
  /** This node's own driver API, where devices are bound, outlets booked and tokens issued. Scopes `device`, `booking` and `offline`. */
  readonly device: string;
  /** This node's API for infrastructure providers. Scope `statement`. */
  readonly infrastructure: string;
}

export const ROAMING_SCOPE = 'roaming';
export const CHARGING_SCOPE = 'charging';
export const BILLS_SCOPE = 'bills';
export const DEVICE_SCOPE = 'device';
export const BOOKING_SCOPE = 'booking';
export const OFFLINE_SCOPE = 'offline';
export const STATEMENT_SCOPE = 'statement';

/** A token of the roaming API is minted once and reused for ten minutes, not once a swipe. */
export const ROAMING_TOKEN_TTL_S = 600;
/** A charging token is for one session, which may take two days. */
export const CHARGING_TOKEN_TTL_S = 49 * 3_600;
export const DRIVER_TOKEN_TTL_S = 900;
