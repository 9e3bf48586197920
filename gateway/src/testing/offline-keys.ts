import { ALABAMA, DUKE } from './consortium.ts';
import type { GatewayRig } from './gateway-rig.ts';
import { testKey } from './keys.ts';
import { TOKEN_KEY } from './offline-records.ts';

/** Duke Energy's keys towards its chargers. */
export const CHARGERS = testKey('duk-chargers-1');
const READER = testKey('duk-reader-1');
const YEAR_MS = 365 * 86_400_000;

/** What a gateway has of chargers without network: records are looked at ten times a second. */
export const OFFLINE = {
  chargers: { key: CHARGERS.secret, reader: READER.secret, lookEvery: 100 },
} as const;

/** Registers what Alabama Power signs tokens with, and what Duke Energy vouches for chargers with. @param of tells these commands from others' */
export const registerOfflineKeys = async (
  { alabama, duke, home, own }: GatewayRig,
  of: string,
): Promise<void> => {
  const members = [
    [alabama, ALABAMA, 'Alabama Power', home, { ...TOKEN_KEY.open, use: 'tokens' }],
    [duke, DUKE, 'Duke Energy', own, { ...CHARGERS.open, use: 'chargers' }],
  ] as const;
  for (const [gateway, utilityId, name, key, offlineKey] of members) {
    const { status, body } = await gateway.tell({
      path: 'consortium/registerUtility',
      command: {
        commandId: `register-${of}-${utilityId}`,
        utility: {
          ...{ utilityId, name, oidcIssuer: 'http://localhost:1', aaaUrl: 'http://localhost:1' },
          ...{ signingKeys: [key.open], offlineKeys: [offlineKey], validUntilMs: Date.now() + YEAR_MS },
        },
      },
    });
    if (status !== 200) throw new Error(`registering ${utilityId}: ${JSON.stringify(body)}`);
  }
};
