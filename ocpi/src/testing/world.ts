import { randomBytes } from 'node:crypto';
import { createAssertionSigner, openStore, type Store } from '@roamgrid/service-kit';
import { databaseServer, makeKey, publicKey } from '@roamgrid/service-kit/testing';
import type { OcpiConfig } from '../config.ts';
import { startOcpiDoor, type OcpiDoor, type OcpiOptions } from '../start.ts';
import type { Platform } from '../simulator/platform.ts';
import { ocpiMigrations } from '../store/migrations.ts';
import type { OcpiDatabase } from '../store/schema.ts';

/** A utility's real door on a real database, and its operator. */
export interface DoorUnderTest {
  readonly door: OcpiDoor;
  readonly config: OcpiConfig;
  /** Asks as the operator. */
  operate(method: string, path: string, body?: unknown): Promise<{ status: number; body: Told }>;
  /** A fresh proof of who the operator is. */
  assertion(): Promise<string>;
  /** The door's own tables, to look into what it keeps. */
  store(): Promise<Store<OcpiDatabase>>;
}

/** What an operator is answered; what an answer does not have reads as undefined, and the assertion on it fails. */
export type Told = Readonly<Record<string, string>> & {
  readonly faults: readonly string[];
  readonly items: readonly Readonly<Record<string, string>>[];
  readonly partners: readonly { readonly partnerId: string; readonly state: string }[];
  readonly modules: readonly string[];
};

/** One PostgreSQL for all doors of a file. */
export interface Town {
  open(utilityId: string, changes?: Partial<OcpiConfig>, options?: OcpiOptions): Promise<DoorUnderTest>;
  close(): Promise<void>;
}

/** A party and its role, `['NLMSP', 'EMSP']`. */
type PartyRole = readonly [party: string, role: string];

/**
 * Brings a platform in as a partner, with a party in some roles or with several.
 * @returns the token with which it asks the door
 */
export const bringIn = async (
  { door, operate }: DoorUnderTest,
  platform: Platform,
  partnerId: string,
  ...given: readonly [party: string, ...roles: readonly string[]] | readonly PartyRole[]
): Promise<string> => {
  const [first, ...rest] = given;
  const pairs = (
    typeof first === 'string' ? rest.map((role) => [first, role] as const) : given
  ) as readonly PartyRole[];
  const parties = [...new Set(pairs.map(([party]) => party))];
  await operate('POST', '/operator/v1/partners', { partnerId, name: partnerId, parties });
  const invited = await operate('POST', `/operator/v1/partners/${partnerId}/invitation`);
  const [one, ...others] = pairs.map(([party, role]) =>
    platform.credentials(party.slice(0, 2), party.slice(2), role),
  ) as { roles: readonly object[] }[];
  const credentials = { ...one, roles: [one, ...others].flatMap((each) => each?.roles ?? []) };
  const told = await platform.ask(
    `${door.url}/ocpi/${platform.version}/credentials`,
    invited.body['token'] ?? '',
    { method: 'POST', body: credentials },
  );
  if (told.json.status_code !== 1000) throw new Error(told.text);
  return (told.json.data as { token: string }).token;
};

/** All towns of a run share it; each has databases of its own. */
const server = databaseServer();
after(server.end);
let towns = 0;

export const makeTown = async (): Promise<Town> => {
  const stateDir = await server.stateDir();
  towns += 1;
  const suffix = towns.toString();
  const databaseOf = (utilityId: string): string => `${utilityId.toLowerCase()}${suffix}`;
  const closing: (() => Promise<void>)[] = [];
  return {
    async open(utilityId, changes = {}, options = {}) {
      const key = makeKey('op-1');
      const config: OcpiConfig = {
        utilityId,
        utilityName: `Utility ${utilityId}`,
        plainTransport: true,
        allowedNetworks: ['127.0.0.0/8', '::1'],
        database: { stateDir, name: databaseOf(utilityId) },
        sealKey: randomBytes(32).toString('hex'),
        trusted: [{ iss: 'alice', role: 'operator', key: publicKey(key) }],
        logLevel: 'silent',
        ...changes,
      };
      const door = await startOcpiDoor(config, options);
      closing.push(() => door.close());
      const sign = createAssertionSigner({ key, iss: 'alice', utility: utilityId, role: 'operator' });
      return {
        door,
        config,
        assertion: () => sign(door.url),
        async operate(method, at, body) {
          const response = await fetch(door.url + at, {
            method,
            headers: {
              authorization: `Bearer ${await sign(door.url)}`,
              ...(body !== undefined && { 'content-type': 'application/json' }),
            },
            ...(body !== undefined && { body: JSON.stringify(body) }),
          });
          const text = await response.text();
          return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Told };
        },
        async store() {
          const store = await openStore<OcpiDatabase>({
            stateDir,
            database: databaseOf(utilityId),
            schema: 'ocpi',
            migrations: ocpiMigrations,
          });
          closing.push(() => store.close());
          return store;
        },
      };
    },
    async close() {
      for (const close of closing.reverse()) await close();
    },
  };
};
