/** A house that plans, lived through. */
export { homeReport, runHome } from './run-home.ts';
