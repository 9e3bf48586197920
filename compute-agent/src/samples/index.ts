/** A job and cabinets to try the agent with, in tests and scenarios. */
export { CONTROLLER, makeNeighbours, type AgentSettings, type Neighbours } from './neighbours.ts';
export { primesProgram } from './primes.ts';
