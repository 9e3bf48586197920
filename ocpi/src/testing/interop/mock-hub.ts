import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { tokenText } from '../../objects/examples.fixture.ts';
import { own } from '../duke.ts';
import { until } from '../until.ts';
import type { DoorUnderTest } from '../world.ts';
import { createOperator } from './operator.ts';
import { freePort, startProcess } from './peer-process.ts';
import { createRows, type Exercised } from './rows.ts';

/** The program in the folder that is named. */
export const HUB_PROGRAM = 'ocpi-mock-hub';
const INVITATION = 'token-of-an-invitation';
/** The operators of stations behind the hub. */
const PARTIES = ['DEHUB', 'DEAAA', 'NLBBB', 'FRCCC', 'ATDDD', 'BEEEE'];
const PROFILE =
  '{"charging_rate_unit":"A","min_charging_rate":6,"charging_profile_period":[{"start_period":0,"limit":16}]}';

const startHub = async (folder: string) => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const program = startProcess(join(folder, HUB_PROGRAM), [], {
    cwd: folder,
    env: {
      ...{ PORT: String(port), MOCK_TOKEN_A: INVITATION, MOCK_SEED_LOCATIONS: '8' },
      ...{ MOCK_SESSION_DURATION_S: '600', MOCK_COMMAND_DELAY_MS: '0' },
    },
  });
  const admin = async (method: string, path: string, body?: object): Promise<unknown> => {
    const response = await fetch(`${url}/admin/${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return response.json();
  };
  await until('the hub listens', () => program.lines.find((line) => line.includes('listening')));
  return { url, admin, close: () => program.close() };
};

type Hub = Awaited<ReturnType<typeof startHub>>;

/** Its clock has seconds: what it was asked is due in the next. */
const ticking =
  ({ admin }: Hub) =>
  async (): Promise<void> => {
    await sleep(1_100);
    await admin('POST', 'trigger-tick');
  };

const exerciseSession = async (
  hub: Hub,
  duke: DoorUnderTest,
  operator: ReturnType<typeof createOperator>,
): Promise<void> => {
  const store = await duke.store();
  const { body } = await store.db
    .selectFrom('peer_object')
    .select('body')
    .where('partner_id', '=', 'hub')
    .where('module', '=', 'locations')
    .executeTakeFirstOrThrow();
  const { id, evses } = JSON.parse(body) as { id: string; evses: { uid: string }[] };
  const outlet = { location_id: id, evse_uid: evses[0]?.uid ?? '' };
  const token = JSON.parse(own(tokenText)) as object;
  const tick = ticking(hub);
  await operator.command('START_SESSION', { token, ...outlet }, tick);
  const [session] = (await hub.admin('GET', 'sessions')) as { id: string }[];
  const sessionId = session?.id ?? '';
  await operator.pull('sessions', ({ faults }) => /cdr_token\/country_code/.test(faults.join()));
  await operator.profile(sessionId, { kind: 'set', text: PROFILE });
  await operator.profile(sessionId, { kind: 'get', durationS: 3_600 });
  await operator.profile(sessionId, { kind: 'clear' });
  await operator.command('STOP_SESSION', { session_id: sessionId }, tick);
  await operator.pull('cdrs', ({ faults }) => /cdr_location\/address/.test(faults.join()));
  const reservation = { reservation_id: 'R-1', expiry_date: '2030-01-01T00:00:00Z' };
  await operator.command('RESERVE_NOW', { token, ...outlet, ...reservation }, tick);
  await operator.commandWithoutResult('CANCEL_RESERVATION', { reservation_id: 'R-1' });
  await operator.command('UNLOCK_CONNECTOR', { ...outlet, connector_id: '1' }, tick);
};

/** A hub of 2.2.1 that is a public mock: registration in both directions, pulls, commands, profiles, a pushed token. */
export const exerciseHub = async (folder: string, duke: DoorUnderTest): Promise<readonly Exercised[]> => {
  const hub = await startHub(folder);
  const rows = createRows();
  const operator = createOperator(duke, 'hub', rows);
  try {
    await duke.operate('POST', '/operator/v1/partners', { partnerId: 'hub', name: 'hub', parties: PARTIES });
    const versionsUrl = `${hub.url}/ocpi/versions`;
    const isRegistered = ({ body }: { body: Readonly<Record<string, unknown>> }) =>
      body['state'] === 'registered';
    await operator.ask('register there', '/registration', { versionsUrl, token: INVITATION }, isRegistered);
    await operator.ask('rotate tokens', '/rotation', undefined, isRegistered);
    await operator.pull(
      'locations',
      ({ taken, faults }) => Number(taken) > 0 && /related_locations|weekday/.test(faults.join()),
    );
    await operator.pull('tariffs', ({ taken, faults }) => Number(taken) === 35 && faults.length === 0);
    await duke.operate('PUT', '/operator/v1/own/tokens', { text: own(tokenText) });
    const tokens = await until('the token at the hub', async () => {
      const told = (await hub.admin('GET', 'tokens')) as unknown[];
      return told.length > 0 ? told : undefined;
    });
    rows.note('push tokens', JSON.stringify(tokens).includes('04A1B2C3D4E580'), tokens);
    await exerciseSession(hub, duke, operator);
    await operator.ask(
      'leave',
      '/end',
      { state: 'left' },
      ({ body }) => body['state'] === 'left' && body['notTold'] === undefined,
    );
    const { body: invited } = await duke.operate('POST', '/operator/v1/partners/hub/invitation');
    const handshake = { emsp_versions_url: invited['versionsUrl'], emsp_own_token: invited['token'] };
    const shaken = (await hub.admin('POST', 'initiate-handshake', handshake)) as { success?: boolean };
    rows.note('be registered at', shaken.success === true, shaken);
  } finally {
    await hub.close();
  }
  return rows.rows;
};
