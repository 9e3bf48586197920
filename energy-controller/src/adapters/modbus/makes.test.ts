import assert from 'node:assert/strict';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { AdapterError, type AdapterErrorCode } from '../adapter.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { ModbusSource } from './modbus-source.ts';
import { serveModbus, type ServedModbus } from './simulator/modbus-server.ts';
import { modbusSourceConfig } from './table.ts';

const NOW = Date.UTC(2026, 5, 1, 12);
const soon = (): AbortSignal => AbortSignal.timeout(5_000);

type Words = Map<string, number>;

const wordsAt = (at: number, words: readonly number[], space = 'holding'): Words =>
  new Map(words.map((word, offset) => [`${space} ${at + offset}`, word]));

const failsWith =
  (code: AdapterErrorCode, says: RegExp) =>
  (error: unknown): boolean =>
    error instanceof AdapterError && error.code === code && says.test(error.message);

describe('a Modbus device of any make', () => {
  const clock = new ManualClock(NOW);
  const cleanups: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const clean of cleanups.splice(0)) await clean();
  });

  const open = (port: number, more: Readonly<Record<string, unknown>>): ModbusSource => {
    const base = {
      kind: 'modbus',
      sourceId: 'x',
      sourceKind: 'grid',
      nodeId: 'site',
      host: '127.0.0.1',
      port,
    };
    const config = { ...base, mostW: '100000', timeoutMs: 200, ...more };
    const opened = new ModbusSource(modbusSourceConfig.parse(config), clock);
    cleanups.push(() => opened.close());
    return opened;
  };
  const served = async (words: Words): Promise<ServedModbus> => {
    const server = await serveModbus({
      read: (space, at) => words.get(`${space} ${at}`),
      write(at, told) {
        const isThere = told.every((_, offset) => words.has(`holding ${at + offset}`));
        if (isThere) for (const [offset, word] of told.entries()) words.set(`holding ${at + offset}`, word);
        return isThere;
      },
    });
    cleanups.push(() => server.close());
    return server;
  };
  /** Answers the first bytes that come by hand. */
  const raw = async (talk: (line: Socket, asked: Buffer) => void): Promise<number> => {
    const sockets: Socket[] = [];
    const server: Server = createServer((line) => {
      sockets.push(line);
      line.on('data', (asked: Buffer) => talk(line, asked)).on('error', () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    });
    return (server.address() as AddressInfo).port;
  };

  it('is read by floats of its input registers', async () => {
    // 230.2 V and -1234.5 W as a device sends them.
    const words = new Map([
      ...wordsAt(0, [0x4366, 0x3333], 'input'),
      ...wordsAt(52, [0xc49a, 0x5000], 'input'),
    ]);
    const { port } = await served(words);
    const { measuredW, facts } = await open(port, { device: 'plain-meter' }).read(soon());
    assert.deepEqual([measuredW, facts?.['milliVolts']], [-1_234n, '230200']);
  });

  describe('with the low word first, a fixed watchdog and a counter', () => {
    const BATTERY = {
      ...{ device: 'plain-battery', sourceKind: 'ess', mostInW: '100000', capacityWh: '50000' },
    };
    const registers = (): Words =>
      new Map([
        // -40,000 W, 63.5 %, and the counter.
        ...wordsAt(100, [0x63c0, 0xffff, 635, 7]),
        ...wordsAt(200, [0, 0, 0]),
      ]);

    it('is read and told', async () => {
      const words = registers();
      const { port } = await served(words);
      const at = open(port, BATTERY);
      const { measuredW, source } = await at.read(soon());
      // Taking in is positive there, and negative here.
      assert.deepEqual([measuredW, source.store?.storedWh], [40_000n, 31_750n]);
      await at.setW?.({ watts: -70_000n, lapsesAtMs: NOW + 60_000 }, soon());
      assert.deepEqual(
        [200, 201, 202].map((place) => words.get(`holding ${place}`)),
        [1, 70_000 & 0xffff, 1],
      );
      await at.setW?.({ watts: 70_000n, lapsesAtMs: NOW }, soon());
      assert.equal(words.get('holding 200'), 0);
    });

    it('is as old as its counter has stood still', async () => {
      const words = registers();
      const { port } = await served(words);
      const at = open(port, BATTERY);
      const age = async () => clock.nowMs() - ((await at.read(soon())).source.measuredAtMs ?? NaN);
      assert.equal(await age(), 0);
      clock.moveTo(clock.nowMs() + 11_000);
      assert.equal(await age(), 11_000);
      words.set('holding 103', 8);
      assert.equal(await age(), 0);
    });
  });

  it('is one of a table in the configuration, whose model is shorter than it might be', async () => {
    const { port } = await served(
      new Map([
        ...wordsAt(50_000, [0x5375, 0x6e53, 1, 2, 0, 0, 203, 18]),
        // Of 18 words: a voltage that is not implemented, and 1,500 W without a scale.
        ...wordsAt(50_008, [0, 0, 0, 0, 0, 0, 0x8000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1_500, 0]),
        ...wordsAt(50_026, [0xffff, 0]),
      ]),
    );
    const table = {
      ...{ name: 'mine', role: 'meter', sunspecAt: [0, 50_000], missing: 'sunspec', positive: 'in' },
      watts: { model: 203, at: 18, type: 'int16', scaleAt: 22 },
      volts: { model: 203, at: 8, type: 'int16' },
    };
    const { measuredW, facts } = await open(port, { device: table }).read(soon());
    assert.deepEqual([measuredW, facts], [-1_500n, { device: 'mine' }]);
  });

  const METER = { name: 'm', role: 'meter', watts: { at: 0, type: 'int32' }, positive: 'out' };
  const reads = (port: number, device: unknown) => open(port, { device }).read(soon());

  it('is not believed when it says more than can be', async () => {
    const { port } = await served(wordsAt(0, [0x1388, 0]));
    const swapped = { ...METER, watts: { ...METER.watts, words: 'low-first' } };
    await assert.rejects(reads(port, METER), failsWith('MALFORMED', /word order and scale/));
    assert.equal((await reads(port, swapped)).measuredW, 5_000n);
  });

  it('refuses what it has not got, which is for an operator', async () => {
    const { port } = await served(wordsAt(0, [0]));
    await assert.rejects(reads(port, METER), failsWith('REFUSED', /ILLEGAL DATA ADDRESS/));
    await assert.rejects(reads(port, 'sunspec-meter'), failsWith('MALFORMED', /sunspecAt/));
    assert.throws(() => open(port, { device: 'none' }), failsWith('REFUSED', /sunspec-meter/));
  });

  it('that gives fewer registers than asked for is not read by place', async () => {
    const port = await raw((line, asked) => {
      line.write(Buffer.from([...asked.subarray(0, 4), 0, 5, 1, 3, 2, 0, 9]));
    });
    await assert.rejects(reads(port, METER), failsWith('MALFORMED', /answered 1 of 2/));
  });

  it('that does not answer is left in time, and its late answer is nobody’s', async () => {
    let held: Buffer | undefined;
    const port = await raw((line, asked) => {
      if (held !== undefined) line.write(Buffer.from([...asked.subarray(0, 4), 0, 7, 1, 3, 4, 0, 0, 0, 7]));
      held = asked;
    });
    const at = open(port, { device: METER });
    await assert.rejects(at.read(soon()), failsWith('UNREACHABLE', /timed out/));
    assert.equal((await at.read(soon())).measuredW, 7n);
    held = undefined;
    await assert.rejects(at.read(AbortSignal.timeout(20)), failsWith('UNREACHABLE', /no answer in time/));
  });

  it('that answers something else than was asked is unreachable, not misread', async () => {
    const port = await raw((line) => line.write(Buffer.from([0, 99, 0, 0, 0, 7, 1, 3, 4, 0, 0, 0, 7])));
    await assert.rejects(reads(port, METER), failsWith('UNREACHABLE', /./));
  });

  it('is unreachable where nothing listens', async () => {
    const { port, close } = await served(new Map());
    await close();
    await assert.rejects(reads(port, METER), failsWith('UNREACHABLE', /is it on/));
  });
});
