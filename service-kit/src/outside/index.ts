/** How a service asks what others registered, without being led into its own network. */
export { AddressRefused } from './judge-address.ts';
export { createOutside, type Outside, type OutsideOptions, type OutsideRequest } from './outside-fetch.ts';
