import { createAssertionSigner } from '@roamgrid/service-kit';
import type { AssertionClaims } from '@roamgrid/wire';
import type { UtilityDefinition } from '../system/consortium.ts';
import type { KeyRing } from '../system/key-ring.ts';
import { stationKeyName } from '../system/register.ts';

type Role = AssertionClaims['role'];

/** Says who asks an origin; undefined where nobody has this role. */
export type Callers = (role: string, origin: string) => Promise<string | undefined>;

/** Everybody who may ask a utility's services, with their own keys. */
export const callersOf = ({ utilityId, stations }: UtilityDefinition, keys: KeyRing): Callers => {
  const signerOf = (iss: string, role: Role, key: string) =>
    [role, createAssertionSigner({ key: keys.key(key), iss, utility: utilityId, role })] as const;
  const [station] = stations;
  const signers = new Map<string, (audience: string) => Promise<string>>([
    signerOf('operator', 'operator', `${utilityId}-operator`),
    signerOf('grid', 'grid-operator', `${utilityId}-grid`),
    signerOf('registrar', 'registrar', `${utilityId}-registrar`),
    signerOf('router', 'router', `${utilityId}-router`),
    signerOf('aaa', 'aaa', `${utilityId}-aaa`),
    signerOf('gateway', 'gateway', `${utilityId}-gateway`),
    signerOf('auditor', 'auditor', 'auditor'),
    signerOf('authority', 'authority', 'authority'),
    ...(station === undefined
      ? []
      : [signerOf(station.stationId, 'station', stationKeyName(station.stationId))]),
  ]);
  return async (role, origin) => signers.get(role)?.(origin);
};
