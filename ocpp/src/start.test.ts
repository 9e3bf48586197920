import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAsk, makeKey, publicKey, type Ask } from '@roamgrid/service-kit/testing';
import { removeDatabase } from '@roamgrid/service-kit';
import type { CommandAnswer } from './commands/answer.ts';
import type { CommandOutcome, StationCommander } from './model/station-desk.ts';
import type { DoorConfig } from './config.ts';
import { hashPassword } from './edge/password.ts';
import type { Subprotocol } from './edge/rpc.ts';
import { SimulatedStation } from './simulator/simulated-station.ts';
import { startOcppDoor, type DoorParts, type OcppDoor } from './start.ts';
import { createRecordingDesk } from './testing/recording-desk.ts';
import { PASSWORD } from './testing/stage.ts';
import { until } from './testing/until.ts';

const STATIONS: Readonly<Record<string, Subprotocol>> = {
  'S-16': 'ocpp1.6',
  'S-201': 'ocpp2.0.1',
  'S-21': 'ocpp2.1',
};
const START_MS = Date.parse('2026-06-01T10:00:00Z');
const TOKEN = { type: 'rfid', value: '04A2B3C4' } as const;

describe('a door for stations of OCPP', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ocpp-'));
  const keys = { operator: makeKey('operator-1'), station: makeKey('station-1'), meter: makeKey('meter-1') };
  const recording = createRecordingDesk();
  const stations = new Map<string, SimulatedStation>();
  let config: DoorConfig;
  let door: OcppDoor;
  let parts: DoorParts;
  let commander: StationCommander;
  let ask: Ask;

  const start = async (pruneEveryMs = 600_000): Promise<void> => {
    door = await startOcppDoor(config, {
      pruneEveryMs,
      startDesk: (given) => {
        parts = given;
        commander = given.commander;
        return Promise.resolve({ desk: recording.desk, close: () => Promise.resolve() });
      },
    });
    ask = createAsk(() => door.url, 'USDUK', {
      operator: { key: keys.operator, iss: 'operator', role: 'operator' },
      stranger: { key: makeKey('stranger-1'), iss: 'operator', role: 'operator' },
    });
  };
  const connect = async (stationId: string): Promise<void> => {
    const protocol = STATIONS[stationId] ?? 'ocpp1.6';
    const station = new SimulatedStation({
      ...{ url: door.stationsUrl, stationId, protocol, password: PASSWORD },
      nowMs: () => START_MS,
    });
    stations.set(stationId, station);
    await station.switchOn();
  };
  const at = (stationId: string): SimulatedStation => {
    const station = stations.get(stationId);
    if (station === undefined) throw new Error(`${stationId} is not simulated`);
    return station;
  };

  before(async () => {
    const passwordHash = await hashPassword(PASSWORD, 1_024);
    const stationOf = (stationId: string, at: number) => ({
      ...{ stationId, credential: { passwordHash }, keyId: 'station-1', key: keys.station },
      hasScreen: at > 0,
      outlets: [
        {
          ...{ evse: 1, evseId: `US*DUK*E000${at}*1`, maxPowerW: '22000' },
          operatorMeter: { meterId: `M-${at}`, key: keys.meter },
        },
      ],
    });
    config = {
      utilityId: 'USDUK',
      database: { stateDir: folder, name: 'usduk' },
      gatewayUrl: 'http://127.0.0.1:9',
      edge: { insecurePlainTransport: true, times: { command: 2_000 } },
      tokenSecret: 'ab'.repeat(32),
      trusted: [{ iss: 'operator', role: 'operator', key: publicKey(keys.operator) }],
      stations: [...Object.keys(STATIONS), 'S-AWAY'].map(stationOf),
      logLevel: 'silent',
    };
    await start();
    for (const stationId of Object.keys(STATIONS)) await connect(stationId);
  });
  after(async () => {
    await door.close();
    await removeDatabase(folder);
    rmSync(folder, { recursive: true, force: true });
  });

  let commands = 0;
  const put = (stationId: string, command: object, commandId?: string, who = 'operator') => {
    commands += 1;
    const id = commandId ?? `command-${commands}`;
    return ask(who, 'PUT', `/operator/v1/stations/${stationId}/commands/${id}`, command);
  };
  const told = async (stationId: string, command: object): Promise<CommandAnswer> => {
    const { status, body } = await put(stationId, command);
    assert.equal(status, 200, JSON.stringify(body));
    return body as unknown as CommandAnswer;
  };
  const lastAsked = (stationId: string) => at(stationId).memory.asked.at(-1);

  it('shows its stations to who runs them, and to nobody else', async () => {
    const { status, body } = await ask('operator', 'GET', '/operator/v1/stations');
    assert.equal(status, 200);
    const { stations: shown } = body as unknown as {
      stations: { stationId: string; model?: string; connection?: { protocol: string } }[];
    };
    assert.deepEqual(
      shown.map(({ stationId, connection, model }) => [stationId, connection?.protocol, model]),
      [
        ['S-16', 'ocpp1.6', 'Simulated'],
        ['S-201', 'ocpp2.0.1', 'Simulated'],
        ['S-21', 'ocpp2.1', 'Simulated'],
        ['S-AWAY', undefined, undefined],
      ],
    );
    assert.equal((await ask('stranger', 'GET', '/operator/v1/stations')).status, 401);
    assert.equal((await put('S-16', { kind: 'reset', when: 'idle' }, 'stranger-1', 'stranger')).status, 401);
  });

  it('gives the session path the stations as they were set up', () => {
    assert.equal(parts.stations.length, 4);
    assert.deepEqual(parts.stations[1]?.outlets[0]?.number, { evse: 1 });
    assert.equal(parts.stations[1].outlets[0].maxPowerW, 22_000n);
    assert.deepEqual(parts.stations[1].usualAsk, { requestedEnergyWh: 30_000n, plannedMs: 14_400_000 });
    assert.equal(parts.stations[1].identity.key.type, 'private');
  });

  const outlet = { evse: 1 };
  const location = 'https://files.example.org/x';
  const profile = {
    ...{ profileId: 3, stackLevel: 1, purpose: 'transaction-default', kind: 'absolute', unit: 'A' },
    ...{ startMs: START_MS, durationS: 3_600 },
    periods: [
      { startS: 0, limitTenths: 160 },
      { startS: 1_800, limitTenths: 61 },
    ],
  };
  /** Each command with the action that it is in 1.6 and in 2.x; `undefined` where a version has none. */
  const commandsOf: readonly (readonly [
    command: { readonly kind: string } & Readonly<Record<string, unknown>>,
    in16: string | undefined,
    in2: string | undefined,
  ])[] = [
    [
      { kind: 'reserve', reservationId: 5, outlet, token: TOKEN, untilMs: START_MS },
      'ReserveNow',
      'ReserveNow',
    ],
    [{ kind: 'cancel-reservation', reservationId: 5 }, 'CancelReservation', 'CancelReservation'],
    [{ kind: 'set-availability', outlet, isOperative: false }, 'ChangeAvailability', 'ChangeAvailability'],
    [{ kind: 'set-profile', outlet, profile }, 'SetChargingProfile', 'SetChargingProfile'],
    [
      { kind: 'composite-schedule', outlet, durationS: 3_600 },
      'GetCompositeSchedule',
      'GetCompositeSchedule',
    ],
    [{ kind: 'clear-profile', profileId: 3 }, 'ClearChargingProfile', 'ClearChargingProfile'],
    [
      { kind: 'update-firmware', requestId: 1, location, retrieveAtMs: START_MS },
      'UpdateFirmware',
      'UpdateFirmware',
    ],
    [{ kind: 'get-log', requestId: 2, log: 'diagnostics', location }, 'GetDiagnostics', 'GetLog'],
    [
      { kind: 'get-log', requestId: 3, log: 'security', location, fromMs: START_MS, untilMs: START_MS + 1 },
      'GetLog',
      'GetLog',
    ],
    [{ kind: 'trigger', message: 'status', outlet }, 'TriggerMessage', 'TriggerMessage'],
    [{ kind: 'unlock', outlet }, 'UnlockConnector', 'UnlockConnector'],
    [{ kind: 'reset', when: 'idle' }, 'Reset', 'Reset'],
    [{ kind: 'set-setting', name: 'HeartbeatInterval', value: '60' }, 'ChangeConfiguration', 'SetVariables'],
    [{ kind: 'get-settings', names: ['HeartbeatInterval', 'Nothing'] }, 'GetConfiguration', 'GetVariables'],
    [{ kind: 'show', messageId: 9, text: { language: 'en', text: 'Hello' } }, undefined, 'SetDisplayMessage'],
    [{ kind: 'clear-shown', messageId: 9 }, undefined, 'ClearDisplayMessage'],
    [{ kind: 'trigger', message: 'transaction', outlet }, undefined, 'TriggerMessage'],
  ];
  for (const [stationId, protocol] of Object.entries(STATIONS)) {
    it(`asks a station of ${protocol} for all that its version has, and says of the rest that it has none`, async () => {
      for (const [command, in16, in2] of commandsOf) {
        const action = protocol === 'ocpp1.6' ? in16 : in2;
        const { outcome } = await told(stationId, command);
        assert.equal(outcome, action === undefined ? 'unsupported' : 'accepted', JSON.stringify(command));
        if (action !== undefined) assert.equal(lastAsked(stationId)?.action, action);
      }
      const modes = { kind: 'allow-energy-transfer', transactionId: 'T', modes: ['DC', 'DC_BPT'] };
      const bidirectional = await told(stationId, modes);
      assert.equal(bidirectional.outcome, protocol === 'ocpp2.1' ? 'accepted' : 'unsupported');
      const tariffs = await told(stationId, { kind: 'get-tariffs', outlet });
      assert.equal(tariffs.outcome, protocol === 'ocpp2.1' ? 'accepted' : 'unsupported');
    });

    it(`starts and stops at a station of ${protocol}, and a second start there is refused by it`, async () => {
      const remoteStart = 1_000_000_007;
      const ask1 = { kind: 'start', outlet, token: TOKEN, remoteStart };
      assert.equal((await told(stationId, ask1)).outcome, 'accepted');
      assert.equal((await told(stationId, ask1)).outcome, 'rejected');
      const station = at(stationId);
      await until('it charges', () => station.isAcceptedAt(1) === true);
      const { report } = recording.heard.transactions.at(-1) ?? {};
      assert.deepEqual(report?.token, TOKEN);
      assert.equal(report.remoteStart, protocol === 'ocpp1.6' ? undefined : remoteStart);
      const transactionId = station.transactionAt(1) ?? '';
      assert.equal((await told(stationId, { kind: 'stop', transactionId })).outcome, 'accepted');
      await until('it ended', () => recording.heard.transactions.at(-1)?.report.phase === 'ended');
      assert.equal((await told(stationId, { kind: 'stop', transactionId })).outcome, 'rejected');
    });

    it(`reads what a station of ${protocol} says of its schedule and settings`, async () => {
      await told(stationId, { kind: 'set-profile', outlet, profile });
      const { schedule } = await told(stationId, { kind: 'composite-schedule', outlet, durationS: 2_000 });
      const { startMs, periods } = profile;
      assert.deepEqual(schedule, { startMs, durationS: 2_000, unit: 'A', periods });
      await told(stationId, { kind: 'set-setting', name: 'HeartbeatInterval', value: '61' });
      const { settings = [] } = await told(stationId, {
        kind: 'get-settings',
        names: ['HeartbeatInterval', 'X'],
      });
      assert.equal(settings[0]?.value, '61');
      assert.equal(settings[1]?.value, undefined);
    });
  }

  it('keeps nothing for a station that is away: it is refused, and told again it is done', async () => {
    const command = { kind: 'reset', when: 'idle' };
    const refused = await put('S-AWAY', command, 'away-0001');
    assert.deepEqual([refused.status, refused.body.code], [409, 'STATION_OFFLINE']);
    assert.equal((await put('S-NONE', command)).body.code, 'STATION_UNKNOWN');
    await connect('S-AWAY');
    assert.equal((await put('S-AWAY', command, 'away-0001')).status, 200);
  });

  it('asks once for each id, whoever asks again and at once, and takes no other command under it', async () => {
    const command = { kind: 'unlock', outlet };
    const before = at('S-16').memory.asked.length;
    const answers = await Promise.all([1, 2, 3].map(() => put('S-16', command, 'once-0001')));
    answers.push(await put('S-16', command, 'once-0001'));
    for (const { status, body } of answers)
      assert.deepEqual([status, body], [200, { outcome: 'accepted', said: 'Unlocked' }]);
    assert.equal(at('S-16').memory.asked.length, before + 1);
    // Whoever looks in the very moment in which the answer is kept is told it as well.
    for (let round = 0; round < 5; round += 1) {
      const again = () => put('S-16', command, `round-000${round}`);
      const asked = again();
      const looks: (typeof asked)[] = [];
      while ((await Promise.race([asked, sleep(1)])) === undefined) looks.push(again());
      for (const { body } of await Promise.all(looks)) assert.equal(body.outcome, 'accepted');
    }
    const other = await put('S-16', { kind: 'reset', when: 'now' }, 'once-0001');
    assert.deepEqual([other.status, other.body.code], [409, 'COMMAND_CONFLICT']);
  });

  it('asks for nothing that no station can follow', async () => {
    const before = at('S-16').memory.asked.length;
    const wrong = { ...profile, periods: [...profile.periods].reverse() };
    const refused = await put('S-16', { kind: 'set-profile', outlet, profile: wrong });
    assert.deepEqual([refused.status, refused.body.code], [422, 'PROFILE_INVALID']);
    assert.match(refused.body.detail, /each period begins after the one before it/);
    assert.equal(at('S-16').memory.asked.length, before);
    const tariffJson = JSON.stringify({
      ...{
        country_code: 'US',
        party_id: 'DUK',
        id: 'T',
        currency: 'USD',
        last_updated: '2026-01-01T00:00:00Z',
      },
      elements: [{ price_components: [{ type: 'TIME', price: 1, step_size: 1 }] }],
    });
    for (const [text, says] of [
      [tariffJson, /no exact decimal/],
      ['{}', /currency/],
    ] as const) {
      const unsaid = await put('S-21', { kind: 'set-default-tariff', outlet, tariffJson: text });
      assert.deepEqual([unsaid.status, unsaid.body.code], [422, 'TARIFF_UNSAYABLE']);
      assert.match(unsaid.body.detail, says);
    }
  });

  it('tells the session path what came of what it asked for', async () => {
    const station = at('S-201');
    await station.begin(1, { idToken: TOKEN.value, type: 'ISO14443' });
    const id = station.transactionAt(1) ?? '';
    const outcomes: CommandOutcome[] = [
      await commander.show('S-201', { transactionId: id, texts: [{ language: 'en', text: '0.30 USD/kWh' }] }),
      await commander.showCost('S-201', id, 1_500_000n),
      await commander.stop('S-201', id),
      await commander.stop('S-201', 'nothing'),
      await commander.show('S-16', { texts: [{ language: 'en', text: 'x' }] }),
      await commander.showCost('S-16', '1', 1n),
      await commander.stop('S-GONE', id),
    ];
    const [shown, cost, stopped, ...others] = outcomes;
    assert.deepEqual([shown, cost, stopped], ['accepted', 'accepted', 'accepted']);
    assert.deepEqual(others, ['rejected', 'unsupported', 'unsupported', 'unreachable']);
    assert.deepEqual([...station.memory.shown.values()].at(-1), '0.30 USD/kWh');
    assert.equal(station.memory.costs.get(id), 1.5);
    const started = await commander.start('S-201', { outlet, token: TOKEN, remoteStart: 8 });
    assert.equal(started, 'accepted');
  });

  it('remembers after a restart what was asked, and says of what it was asking that nobody knows', async () => {
    const silent = at('S-21');
    silent.line.mute();
    const asked = put('S-21', { kind: 'unlock', outlet }, 'lost-00001');
    assert.equal(((await asked).body as unknown as CommandAnswer).outcome, 'unknown', 'no answer came');
    await door.close();
    await start();
    const again = await put('S-16', { kind: 'unlock', outlet }, 'once-0001');
    assert.deepEqual(again.body, { outcome: 'accepted', said: 'Unlocked' }, 'though it is away');
    const lost = await put('S-21', { kind: 'unlock', outlet }, 'lost-00001');
    assert.equal((lost.body as unknown as CommandAnswer).outcome, 'unknown');
  });

  it('deletes after a day what it was asked, so that an id may be used again', async () => {
    await door.close();
    config = { ...config, commandsKept: 1_000 };
    await start(50);
    const again = async () => (await put('S-16', { kind: 'unlock', outlet }, 'once-0001')).body.code;
    await until('it is forgotten', async () => (await again()) === 'STATION_OFFLINE');
  });
});
