/** The profile that a session's evidence is, which was verified before the session began. */
export const profileIdIn = (evidence: string): string => {
  const payload = Buffer.from(evidence.split('.')[1] ?? '', 'base64url').toString('utf8');
  return (JSON.parse(payload) as { profileId: string }).profileId;
};
