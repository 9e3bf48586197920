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

/** Services that a charging outlet gives. */
export const OUTLET_SERVICES = ['charging', 'fleet-charging'] as const satisfies readonly CinService[];
export type OutletService = (typeof OUTLET_SERVICES)[number];

export const isOutletService = (service: CinService): service is OutletService =>
  (OUTLET_SERVICES as readonly CinService[]).includes(service);

const CODES = Object.entries(CIN_SERVICES) as readonly (readonly [CinServiceCode, CinService])[];

/** The character that stands for a service in a CIN. */
export const codeOfService = (service: CinService): CinServiceCode => {
  const found = CODES.find(([, name]) => name === service);
  if (found === undefined) throw new Error(`${service} has no character`);
  return found[0];
};

export const isCinServiceCode = (character: string): character is CinServiceCode =>
  Object.hasOwn(CIN_SERVICES, character);

/** `E (charging), F (fleet-charging), …` for messages and help. */
export const describeServices = (): string =>
  Object.entries(CIN_SERVICES)
    .map(([code, name]) => `${code} (${name})`)
    .join(', ');
