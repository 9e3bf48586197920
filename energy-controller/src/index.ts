/** Plans who charges when, measures it on real sessions, and runs sites by it. */
export type { Knows } from './simulate/belief.ts';
export type { Stay } from './simulate/cars.ts';
export { SLOT_MS, type Course, type House } from './home/house.ts';
export { simulateHome, type HomeReport, type HomeSimulation } from './home/simulate-home.ts';
export type { Pricing, SimulationReport } from './simulate/report.ts';
export { simulate, type SimulatedPolicy, type Simulation } from './simulate/simulate.ts';
export type { Site } from './simulate/site.ts';
export { HighsSolver, type HighsSolverOptions } from './solver/highs-solver.ts';
export { startEnergyController, type EnergyController } from './start.ts';
export { startEnergyCloud, type EnergyCloud } from './cloud/start.ts';
