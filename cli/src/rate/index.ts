/** `roamgrid rate`. */
export { EXIT, rateCommand } from './command.ts';
export type { Io } from './io.ts';
