import { exposurePlace, type ExposurePlace } from '@roamgrid/wire';

/** `energyWh`: of an offline token's leave. */
const claimsIn = (
  evidence: string,
): { readonly profileId: string; readonly validUntilMs: number; readonly energyWh?: string } =>
  JSON.parse(Buffer.from(evidence.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
    profileId: string;
    validUntilMs: number;
    energyWh?: string;
  };

/** The profile that a session's evidence is, which was verified before the session began. */
export const profileIdIn = (evidence: string): string => claimsIn(evidence).profileId;

/** A profile, and where in the books of its lane stands what was spent under it. */
export interface KeptProfile extends ExposurePlace {
  readonly profileId: string;
  /** Its energy is limited and summed up too. */
  readonly countsEnergy: boolean;
}

/** The profile of a session that opened on one. */
export const keptProfileOf = (
  laneId: string,
  { authorisedBy, evidence }: { readonly authorisedBy: 'home' | 'cache'; readonly evidence: string },
): KeptProfile | undefined => {
  if (authorisedBy === 'home') return undefined;
  const { profileId, validUntilMs, energyWh } = claimsIn(evidence);
  return {
    profileId,
    countsEnergy: energyWh !== undefined,
    ...exposurePlace(laneId, profileId, validUntilMs),
  };
};
