import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { doorConfig, ocppStation } from '@roamgrid/ocpp';
import { stationRegistration } from '@roamgrid/wire';
import { stationCommand } from './command.ts';

describe('roamgrid station new', () => {
  const folder = mkdtempSync(join(tmpdir(), 'station-'));
  after(() => {
    rmSync(folder, { recursive: true });
  });

  const json = (out: string, name: string): unknown => JSON.parse(readFileSync(join(out, name), 'utf8'));
  const make = async (id: string, ...more: string[]) => {
    const out = join(folder, id);
    const about = [
      '--name',
      'Quay',
      '--address',
      '1 Quay',
      '--time-zone',
      'America/New_York',
      '--power',
      '50',
    ];
    const args = ['new', '--utility', 'USDUK', '--id', id, '--evse-id', 'US*DUK*EQ1*1', '--out', out];
    const { write } = process.stdout;
    process.stdout.write = () => true;
    try {
      await stationCommand().parseAsync([...args, ...about, ...more], { from: 'user' });
    } finally {
      process.stdout.write = write;
    }
    const { station } = (json(out, 'register.json') as { command: { station: unknown } }).command;
    return {
      out,
      registered: stationRegistration.parse(station),
      entry: ocppStation.parse(json(out, 'door-station.json')),
    };
  };

  it('makes what the ledger and the door need, of the same keys, and a password, for its owner alone', async () => {
    const { out, registered, entry } = await make('Q-1');
    const { d: secret, ...key } = entry.key;
    assert.deepEqual(registered.signingKey, key);
    const [outlet] = entry.outlets;
    const { d: vouching, ...register } = outlet?.operatorMeter.key ?? assert.fail('there is no register');
    const [evse] = registered.evses;
    assert.deepEqual(evse?.operatorMeter, { meterId: 'Q-1-register', meterKey: register });
    assert.equal(evse.maxPowerW, 50_000n);
    assert.ok('passwordHash' in entry.credential);
    assert.equal(readFileSync(join(out, 'password'), 'utf8').trim().length, 20);
    const told = JSON.stringify(json(out, 'register.json'));
    assert.ok(!told.includes(secret) && !told.includes(vouching), 'a private key goes to the ledger');
    for (const name of ['register.json', 'door-station.json', 'password'])
      assert.equal(statSync(join(out, name)).mode & 0o077, 0, name);
  });

  it('makes no password for one that comes by certificate', async () => {
    const { out, entry } = await make('Q-2', '--certificate');
    assert.deepEqual(entry.credential, { certificate: {} });
    assert.throws(() => statSync(join(out, 'password')));
  });

  it('makes what the door of the guide takes', async () => {
    const { out, entry } = await make('Q-5');
    const guide = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'ocpp.md'), 'utf8');
    const [, example = '{}', edge = '{}'] = guide.split('```json\n').map((part) => part.split('```')[0]);
    const { d: _private, ...key } = entry.key;
    const filled = example
      .replace('"<what S-1/door-station.json holds>"', JSON.stringify(json(out, 'door-station.json')))
      .replace('"<the operator\'s public key, a JSON Web Key>"', JSON.stringify(key))
      .replace('<openssl rand -hex 32>', 'ab'.repeat(32));
    const config = doorConfig.parse(JSON.parse(filled));
    assert.equal(config.stations[0]?.stationId, 'Q-5');
    const byTls = { ...(JSON.parse(filled) as object), edge: JSON.parse(edge) as unknown };
    const { tls } = doorConfig.parse(byTls).edge;
    assert.equal(tls?.stationCa, '<ca.pem>');
  });

  it('overwrites no keys', async () => {
    await make('Q-3');
    const { registered } = await make('Q-4');
    const exitBefore = process.exitCode;
    const { write } = process.stderr;
    process.stderr.write = () => true;
    try {
      assert.deepEqual((await make('Q-4')).registered, registered);
    } finally {
      process.stderr.write = write;
      process.exitCode = exitBefore;
    }
  });
});
