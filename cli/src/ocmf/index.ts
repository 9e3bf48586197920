/** `roamgrid ocmf`. */
export { ocmfCommand } from './command.ts';
