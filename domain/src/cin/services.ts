/** What a CIN entitles its holder to: the second portion's first character. The list is the consortium's. */
export const CIN_SERVICES = {
  E: 'charging',
  F: 'fleet-charging',
  V: 'vehicle-to-grid',
  S: 'battery-swap',
  H: 'home-energy',
} as const;

export type CinServiceCode = keyof typeof CIN_SERVICES;
export type CinService = (typeof CIN_SERVICES)[CinServiceCode];

export const isCinServiceCode = (character: string): character is CinServiceCode =>
  Object.hasOwn(CIN_SERVICES, character);

/** `E (charging), F (fleet-charging), …` for messages and help. */
export const describeServices = (): string =>
  Object.entries(CIN_SERVICES)
    .map(([code, name]) => `${code} (${name})`)
    .join(', ');
