import type { Door } from '../door.ts';
import type { JsonTree } from '../objects/read.ts';

export const versionsAddress = ({ origin }: Door): string => `${origin()}/ocpi/versions`;

/** What we tell a partner of ourselves, with the token that it shall show us. */
export const ownCredentials = (door: Door, token: string): JsonTree => {
  const { utilityName, website, roles } = door.settings;
  return {
    token,
    url: versionsAddress(door),
    roles: roles.map((role) => ({
      role,
      country_code: door.self.country,
      party_id: door.self.party,
      business_details: { name: utilityName, ...(website !== undefined && { website }) },
    })),
  };
};

/** A third of its life before a token of ours ends it is made new. */
export const rotateAtMs = ({ settings, nowMs }: Door): number =>
  nowMs() + Math.floor((settings.tokens.lifeMs * 2) / 3);
