/** One utility's AAA node: OpenID provider, charging rules, consumer profiles, accounts. */
export { startAaaNode, type AaaNode } from './start.ts';
export { aaaNodeConfig, type AaaNodeConfig } from './config.ts';
export { contest, disputeLines, missingLines, type DisputeLine } from './operator/dispute-routes.ts';
