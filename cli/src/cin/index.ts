export { cinCommand } from './command.ts';
