/** Roaming gateway/router: decode the CIN, find the home utility, forward, relay. */
export {};
