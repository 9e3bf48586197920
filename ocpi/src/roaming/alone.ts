import type { CustomerSide, StationSide } from './ports.ts';

/** Of a utility whose stations nobody outside may command. */
export const noCommands: StationSide = {
  command: () => Promise.resolve({ response: 'NOT_SUPPORTED' }),
  profile: () => Promise.resolve({ response: 'NOT_SUPPORTED' }),
  preferences: () => Promise.resolve('PROFILE_TYPE_NOT_SUPPORTED'),
};

/** Of a utility that has said what it has to say with the tokens that it published. */
export const asPublished: CustomerSide = {
  authorize: (_partner, { valid }) => Promise.resolve({ allowed: valid ? 'ALLOWED' : 'BLOCKED' }),
};
