import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { computeEnergy, computeEnergyMilliWh, type ComputeEnergy, type SignedInterval } from '@roamgrid/wire';
import { agentConfig, type AgentConfig } from '../config.ts';
import { makeNeighbours } from '../samples/index.ts';
import { Stand, until } from '../testing/stand.ts';
import { EnergyRegister } from './register.ts';

const MINUTE_MS = 60_000;
/** 60 W for a minute is a watt-hour. */
const WATT_HOUR_MICRO_J = 3_600_000_000n;

describe('the energy of servers', function () {
  this.timeout(30_000);
  let folder: string;
  let config: AgentConfig;
  let startMs: number;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'compute-energy-'));
    const settings = (await makeNeighbours({ folder, cabinetIds: ['s1'] })).settingsOf('s1');
    config = agentConfig.parse({ ...settings, meter: { ...settings.meter, intervalMs: MINUTE_MS } });
    startMs = Date.UTC(2026, 10, 30, 23, 57, 30);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const open = (atMs: number) => new EnergyRegister(config, 'cpu-time-model', atMs);
  const meterOf = (register: EnergyRegister) => ({
    meterId: config.meter.meterId,
    evseId: config.meter.evseId,
    publicKey: register.publicKey,
  });
  const sum = (register: EnergyRegister, intervals: readonly SignedInterval[]): bigint => {
    const energies = computeEnergyMilliWh(intervals, meterOf(register));
    assert.ok(energies.ok, energies.ok ? '' : energies.error.message);
    return energies.value.reduce((all, { energyMilliWh }) => all + energyMilliWh, 0n);
  };
  const minutes = (register: EnergyRegister, from: number, count: number): void => {
    for (let minute = 1; minute <= count; minute += 1)
      register.advance(WATT_HOUR_MICRO_J, from + minute * MINUTE_MS);
  };

  it('is signed by interval over midnight, and its sum is what the register gained', () => {
    const register = open(startMs);
    minutes(register, startMs, 5);
    const intervals = register.intervals(startMs, startMs + 5 * MINUTE_MS);
    assert.equal(intervals.length, 5);
    assert.equal(sum(register, intervals), 5_000n);
    assert.equal(register.registerMilliWh, 5_000n);
    const pages = intervals.map(({ ocmf }) => /"PG":"T(\d+)"/.exec(ocmf)?.[1]);
    assert.deepEqual(pages, ['1', '2', '3', '4', '5']);
    assert.equal(new Set(intervals.map(({ ocmf }) => /"ID":"([^"]+)"/.exec(ocmf)?.[1])).size, 5);
    assert.equal(register.intervals(startMs + 2 * MINUTE_MS, startMs + 4 * MINUTE_MS).length, 2);
  });

  it('goes on after a restart without a gap, also after a kill between the record and the register', () => {
    const register = open(startMs);
    minutes(register, startMs, 2);
    const file = join(folder, 's1', 'energy', 'register');
    const before = readFileSync(file);
    register.advance(WATT_HOUR_MICRO_J, startMs + 3 * MINUTE_MS);
    // As a kill right after the third record was written leaves it.
    writeFileSync(file, before);
    const again = open(startMs + 4 * MINUTE_MS);
    assert.equal(again.registerMilliWh, 3_000n);
    minutes(again, startMs + 4 * MINUTE_MS, 2);
    const intervals = again.intervals(startMs, startMs + 10 * MINUTE_MS);
    assert.equal(sum(again, intervals), 5_000n);
    const pages = intervals.map(({ ocmf }) => /"PG":"T(\d+)"/.exec(ocmf)?.[1]);
    assert.deepEqual(pages, ['1', '2', '3', '4', '5']);
  });

  it('is not begun at zero again where the register was spoiled', () => {
    const register = open(startMs);
    minutes(register, startMs, 1);
    writeFileSync(join(folder, 's1', 'energy', 'register'), 'spoiled');
    assert.throws(() => open(startMs), /JOURNAL_DAMAGED/);
  });

  it('is not begun at zero again where the register is missing beside what it signed', () => {
    minutes(open(startMs), startMs, 1);
    rmSync(join(folder, 's1', 'energy', 'register'));
    assert.throws(() => open(startMs), /JOURNAL_DAMAGED: there is no .*register/);
  });

  it('puts a day that the disk spoiled aside, and tells and signs the others', () => {
    const register = open(startMs);
    minutes(register, startMs, 4);
    const energy = join(folder, 's1', 'energy');
    writeFileSync(join(energy, '2026-11-30'), 'spoiled');
    const left = register.intervals(startMs, startMs + 10 * MINUTE_MS);
    assert.deepEqual([left.length, sum(register, left)], [2, 2_000n]);
    assert.ok(existsSync(join(energy, '2026-11-30.damaged')));
    const again = open(startMs + 4 * MINUTE_MS);
    minutes(again, startMs + 4 * MINUTE_MS, 1);
    assert.deepEqual(
      [again.registerMilliWh, again.intervals(startMs, startMs + 10 * MINUTE_MS).length],
      [5_000n, 3],
    );
  });

  it('is refused where a record is changed, another’s, told twice, or missing', async () => {
    const register = open(startMs);
    minutes(register, startMs, 4);
    const intervals = register.intervals(startMs, startMs + 4 * MINUTE_MS);
    const [first, second, third] = intervals;
    assert.ok(first && second && third);
    const codeOf = (some: readonly SignedInterval[], meter = meterOf(register)): string => {
      const judged = computeEnergyMilliWh(some, meter);
      return judged.ok ? 'ok' : judged.error.code;
    };
    assert.equal(codeOf([{ ...first, toRegisterMilliWh: 1_001n }]), 'INTERVAL_DIFFERS');
    assert.equal(codeOf([{ ...first, toMs: first.toMs + 1 }]), 'INTERVAL_DIFFERS');
    assert.equal(codeOf([{ ...first, ocmf: first.ocmf.replace('0.0010', '0.0020') }]), 'INTERVAL_UNSIGNED');
    assert.equal(codeOf([first], { ...meterOf(register), meterId: 'another' }), 'INTERVAL_UNSIGNED');
    assert.equal(codeOf([first], { ...meterOf(register), evseId: 'US*DUK*E1' }), 'INTERVAL_UNSIGNED');
    const stranger = (await makeNeighbours({ folder, cabinetIds: ['s9'] })).settingsOf('s9').meter.key;
    const { d: _secret, ...publicKey } = stranger;
    assert.equal(codeOf([first], { ...meterOf(register), publicKey }), 'INTERVAL_UNSIGNED');
    assert.equal(codeOf([first, second, first]), 'INTERVAL_OVERLAPS');
    assert.equal(codeOf([first, third]), 'INTERVAL_MISSING');
    assert.equal(codeOf([third, second, first]), 'ok');
  });

  it('counts no processor time twice that a job took before its agent was killed', async () => {
    const stand = await Stand.make(['s1'], { power: { standbyW: '0' } });
    try {
      await stand.fork('s1');
      const desk = await stand.desk('s1');
      await desk.grant(500n);
      await desk.submit({ jobId: 'busy', program: 'primes', arguments: ['99999999', '0'], kind: 'ordinary' });
      await until('it took half a second', async () => (await desk.job('busy')).cpuMs >= 500);
      await stand.kill('s1');
      const [pid = 0] = stand.livingJobs();
      process.kill(pid, 'SIGSTOP');
      await stand.start('s1');
      await desk.isAt('busy', 'held');
      await stand.stop('s1', 'end');
      const file = readFileSync(join(stand.folder, 's1', 'energy', 'register'), 'utf8');
      const { microJ } = JSON.parse(file.slice(file.indexOf('\n') + 1)) as { readonly microJ: string };
      // Half a second at 50 W are 25 J; the killed agent had kept none of them.
      assert.ok(BigInt(microJ) < 10_000_000n, `${microJ} µJ`);
    } finally {
      await stand.close();
    }
  });

  it('is what an agent measured, and told by its interface', async () => {
    const stand = await Stand.make(['s1'], {
      meter: { ...config.meter, intervalMs: 1_000 },
      power: { standbyW: '36000' },
    });
    try {
      await stand.start('s1');
      const desk = await stand.desk('s1');
      const fromMs = Date.now();
      await new Promise((resolve) => setTimeout(resolve, 2_300));
      const path = `/v1/energy?from=${fromMs}&to=${fromMs + 60_000}`;
      const asked = await desk.client.ask({ method: 'GET', path, answer: computeEnergy, timeoutMs: 5_000 });
      assert.ok(asked.ok);
      const { intervals, meterId, publicKey, basis }: ComputeEnergy = asked.value;
      assert.equal(basis, 'cpu-time-model');
      assert.ok(intervals.length >= 1 && intervals.length <= 3);
      const { evseId } = config.meter;
      const energies = computeEnergyMilliWh(intervals, { meterId, evseId, publicKey });
      assert.ok(energies.ok);
      // 36 kW are 10 Wh a second; time is measured in whole milliseconds.
      for (const { fromMs: from, toMs: to, energyMilliWh } of energies.value) {
        const expected = BigInt(to - from) * 10n;
        const off = energyMilliWh - expected;
        assert.ok(off <= 1_500n && off >= -1_500n, `${energyMilliWh} of ${expected} mWh`);
      }
      assert.ok(
        existsSync(join(stand.folder, 's1', 'energy')) &&
          readdirSync(join(stand.folder, 's1', 'energy')).length > 1,
      );
    } finally {
      await stand.close();
    }
  });
});
