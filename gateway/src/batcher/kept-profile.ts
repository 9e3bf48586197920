import { exposurePlace, type ExposurePlace } from '@roamgrid/wire';

const claimsIn = (evidence: string): { readonly profileId: string; readonly validUntilMs: number } =>
  JSON.parse(Buffer.from(evidence.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
    profileId: string;
    validUntilMs: number;
  };

/** The profile that a session's evidence is, which was verified before the session began. */
export const profileIdIn = (evidence: string): string => claimsIn(evidence).profileId;

/** A profile, and where in the books of its lane stands what was spent under it. */
export interface KeptProfile extends ExposurePlace {
  readonly profileId: string;
}

/** The profile of a session that opened on one. */
export const keptProfileOf = (
  laneId: string,
  { authorisedBy, evidence }: { readonly authorisedBy: 'home' | 'cache'; readonly evidence: string },
): KeptProfile | undefined => {
  if (authorisedBy === 'home') return undefined;
  const { profileId, validUntilMs } = claimsIn(evidence);
  return { profileId, ...exposurePlace(laneId, profileId, validUntilMs) };
};
