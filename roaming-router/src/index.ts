/** Roaming gateway/router: decode the CIN, find the home utility, forward, relay. */
export { startRouter, type RoamingRouter } from './start.ts';
export { routerConfig, type RouterConfig } from './config.ts';
