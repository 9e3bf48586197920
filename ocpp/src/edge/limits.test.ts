import assert from 'node:assert/strict';
import { once } from 'node:events';
import WebSocket from 'ws';
import { PASSWORD, startStage, type Stage } from '../testing/stage.ts';
import { until } from '../testing/until.ts';

type Told = readonly [type: number, id: string, ...rest: unknown[]];

describe('what one station may use of the edge', () => {
  let stage: Stage;
  before(async () => {
    stage = await startStage({
      insecurePlainTransport: true,
      limits: {
        ...{ messageBytes: 2_048, callsWaiting: 2, callsASecond: 2, callsAtOnce: 20, badMessages: 3 },
        commandsWaiting: 1,
      },
      times: { ping: 150, command: 200 },
    });
  });
  after(() => stage.close());

  /** A station that sends what it likes. */
  const rawStation = async (stationId: string, options: WebSocket.ClientOptions = {}) => {
    await stage.station(stationId);
    const authorization = `Basic ${Buffer.from(`${stationId}:${PASSWORD}`).toString('base64')}`;
    const socket = new WebSocket(`${stage.url}/${stationId}`, ['ocpp1.6'], {
      headers: { authorization },
      ...options,
    });
    const told: Told[] = [];
    socket.on('message', (data: Buffer) => told.push(JSON.parse(data.toString()) as Told));
    const closed = once(socket, 'close').then(([code]) => code as number);
    await once(socket, 'open');
    const answerTo = async (id: string): Promise<Told> => {
      await until(`an answer to ${id}`, () => told.some(([, to]) => to === id));
      return told.find(([, to]) => to === id) ?? [0, ''];
    };
    return { socket, told, closed, answerTo };
  };
  const call = (id: string, action = 'Heartbeat', payload: object = {}): string =>
    JSON.stringify([2, id, action, payload]);

  it('is closed with a message that is longer than the limit', async () => {
    const { socket, closed } = await rawStation('LONG');
    socket.send(call('1', 'DataTransfer', { vendorId: 'x'.repeat(3_000) }));
    assert.equal(await closed, 1_009);
  });

  it('is closed after so many in a row that are no messages, and told of each before', async () => {
    const { socket, closed, answerTo } = await rawStation('BAD');
    for (let sent = 0; sent < 3; sent += 1) socket.send('no JSON');
    assert.deepEqual((await answerTo('-1')).slice(0, 3), [4, '-1', 'RpcFrameworkError']);
    socket.send('no JSON');
    assert.equal(await closed, 1_002);
  });

  it('is refused calls beyond those that may wait, and answered in its order', async () => {
    const { socket, answerTo } = await rawStation('MANY');
    let goOn = (): void => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    stage.answers.authorize = async () => {
      await held;
      return { status: 'accepted', texts: [] };
    };
    for (const id of ['1', '2', '3']) socket.send(call(id, 'Authorize', { idTag: 'TAG' }));
    assert.deepEqual((await answerTo('3')).slice(0, 3), [4, '3', 'GenericError']);
    assert.equal(stage.heard.asks.length, 1, 'the second waits for the first');
    goOn();
    assert.equal((await answerTo('2'))[0], 3);
    assert.equal(stage.heard.asks.length, 2);
    socket.terminate();
  });

  it('is answered no more calls a second than it may make, and all of them', async () => {
    const { socket, told, answerTo } = await rawStation('FAST');
    const isAnswered = (id: string): boolean => told.some(([, to]) => to === id);
    /** What was answered at once is there after a few of these. */
    const roundTrips = async (): Promise<void> => {
      for (let trip = 0; trip < 3; trip += 1) {
        socket.ping();
        await once(socket, 'pong');
      }
    };
    let sent = 0;
    do {
      sent += 1;
      assert.ok(sent < 200, 'each was answered at once');
      socket.send(call(`${sent}`));
      await roundTrips();
    } while (isAnswered(`${sent}`));
    assert.equal((await answerTo(`${sent}`))[0], 3, 'later, and not refused');
    socket.terminate();
  });

  it('is told what it may not say: by its schema, its version, and our own hand', async () => {
    const { socket, answerTo } = await rawStation('ODD');
    const codeOf = async (id: string, action: string, payload: object) => {
      socket.send(call(id, action, payload));
      return (await answerTo(id))[2];
    };
    assert.equal(await codeOf('1', 'Authorize', { idTag: 'x'.repeat(21) }), 'FormationViolation');
    assert.equal(await codeOf('2', 'Authorize', {}), 'OccurrenceConstraintViolation');
    assert.equal(await codeOf('3', 'NoSuchAction', {}), 'NotImplemented');
    const leap = {
      connectorId: 1,
      errorCode: 'NoError',
      status: 'Available',
      timestamp: '2016-12-31T23:59:60Z',
    };
    assert.equal(await codeOf('4', 'StatusNotification', leap), 'PropertyConstraintViolation');
    stage.answers.authorize = () => Promise.reject(new Error('the store is away'));
    assert.equal(await codeOf('5', 'Authorize', { idTag: 'TAG' }), 'InternalError', 'to be told again');
    socket.terminate();
  });

  it('is cut off when it answers no ping, and when a command finds it silent nobody says that it was done', async () => {
    const { socket } = await rawStation('DEAD', { autoPong: false });
    const reset = () => stage.edge.live.of('DEAD')?.call('Reset', { type: 'Soft' });
    const codes = (await Promise.all([reset(), reset()])).map((came) => came?.ok === false && came.code);
    assert.deepEqual(codes, ['NO_ANSWER', 'TOO_MANY_COMMANDS']);
    await until('the dead socket is gone', () => stage.edge.live.of('DEAD') === undefined);
    socket.terminate();
  });
});

describe('an edge that has as many stations as it may', () => {
  let stage: Stage;
  before(async () => {
    stage = await startStage({ insecurePlainTransport: true, limits: { connections: 1 } });
  });

  it('takes no other one, and the same one again', async () => {
    const [first, second] = [await stage.station('ONE'), await stage.station('TWO')];
    await first.switchOn();
    await assert.rejects(second.switchOn(), /refused|503|Service Unavailable/i);
    const again = await stage.station('ONE');
    await again.switchOn();
    const refused = await stage.count(
      'roamgrid_ocpp_refused_connections_total',
      'reason',
      'TOO_MANY_CONNECTIONS',
    );
    assert.equal(refused, 1);
  });

  it('ends without waiting for a station that hears nothing any more', async function () {
    // The socket’s own patience is 30 s.
    this.timeout(20_000);
    const socket = new WebSocket(`${stage.url}/ONE`, ['ocpp1.6'], {
      headers: { authorization: `Basic ${Buffer.from(`ONE:${PASSWORD}`).toString('base64')}` },
    });
    socket.on('error', () => undefined);
    await once(socket, 'open');
    socket.pause();
    await stage.close();
    assert.equal(stage.edge.live.count, 0);
    socket.terminate();
  });
});
