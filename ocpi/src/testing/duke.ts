import assert from 'node:assert/strict';
import type { StationSide } from '../roaming/ports.ts';
import { startPlatform, type Platform } from '../simulator/platform.ts';
import { bringIn, makeTown, type DoorUnderTest, type Town } from './world.ts';

const ALL = [
  ...['locations', 'sessions', 'cdrs', 'tariffs', 'tokens'],
  ...['commands', 'chargingprofiles', 'hubclientinfo'],
];
export const MODULES = ALL.flatMap((module) => [`${module} SENDER`, `${module} RECEIVER`]);

/** An example of a partner's as an object of Duke's own. */
export const own = (text: string): string =>
  text.replaceAll(/"(DE|NL)"/g, '"US"').replaceAll(/"(RHK|MSP)"/g, '"DUK"');

type Who = 'rhk' | 'other' | 'newer';

/** Duke's door, with three partners of raw HTTP. */
export interface DukeAndPartners {
  readonly town: Town;
  readonly duke: DoorUnderTest;
  /** Rheinkraft: operator and provider, 2.2.1, with every module; `other` is one like it, `newer` a provider with 2.3.0. */
  readonly platforms: Readonly<Record<Who, Platform>>;
  readonly tokens: Readonly<Record<Who, string>>;
  as(who: Who, path: string, method?: string, text?: string): ReturnType<Platform['ask']>;
  /** Shows an object of Duke's own to partners. */
  show(module: string, text: string, partnerId?: Who): Promise<void>;
  close(): Promise<void>;
}

/** Stations that answer each command in another way. */
const stations: StationSide = {
  command: (_partner, { kind }) => {
    if (kind === 'START_SESSION')
      return Promise.resolve({ response: 'ACCEPTED', result: Promise.resolve('EVSE_OCCUPIED') });
    if (kind === 'UNLOCK_CONNECTOR')
      return Promise.resolve({ response: 'ACCEPTED', result: new Promise(() => undefined) });
    return Promise.resolve({ response: 'NOT_SUPPORTED' });
  },
  profile: (_partner, { kind }) =>
    Promise.resolve(
      kind === 'clear'
        ? { response: 'UNKNOWN_SESSION' }
        : { response: 'ACCEPTED', result: Promise.resolve({ result: 'ACCEPTED' }) },
    ),
  preferences: () => Promise.resolve('DEPARTURE_REQUIRED'),
};

export const startDuke = async (): Promise<DukeAndPartners> => {
  const town = await makeTown();
  const [rhk, other, newer] = await Promise.all([
    startPlatform('2.2.1', MODULES),
    startPlatform('2.2.1'),
    startPlatform('2.3.0', ['tariffs RECEIVER']),
  ]);
  const platforms = { rhk, other, newer };
  const times = { outbox: 20, firstRetry: 20, longestRetry: 40, command: 400 };
  const duke = await town.open('USDUK', { times, pageLimit: 2 }, { stations });
  const tokens = {
    rhk: await bringIn(duke, rhk, 'rhk', 'DERHK', 'CPO', 'EMSP'),
    other: await bringIn(duke, other, 'other', 'NLMSP', 'CPO', 'EMSP'),
    newer: await bringIn(duke, newer, 'newer', 'FRNEW', 'EMSP'),
  };
  return {
    town,
    duke,
    platforms,
    tokens,
    as: (who, path, method = 'GET', text) => {
      const from = platforms[who];
      const options = { method, ...(text !== undefined && { text }) };
      return from.ask(`${duke.door.url}/ocpi/${from.version}/${path}`, tokens[who], options);
    },
    async show(module, text, partnerId) {
      const shown = await duke.operate('PUT', `/operator/v1/own/${module}`, { text, partnerId });
      assert.equal(shown.status, 200, JSON.stringify(shown.body));
    },
    async close() {
      for (const one of Object.values(platforms)) one.close();
      await town.close();
    },
  };
};
