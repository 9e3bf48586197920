/** Chargers without a network, and phones that are held to them. */
export { openUnderground } from './underground.ts';
