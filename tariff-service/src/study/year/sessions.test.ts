import assert from 'node:assert/strict';
import { readSessions } from './sessions.ts';

const HEADER = 'session_id,station_id,connector,plug_in,plug_out,energy_kwh';
const read = (...rows: readonly string[]) =>
  readSessions(Buffer.from([HEADER, ...rows].join('\n')), 150_000n);

describe('recorded sessions', () => {
  it('are read with their wall clock and whole watt-hours', () => {
    const file = read('A,50994,1,2016-09-01T07:21:00,2016-09-01T07:27:00,2.0845');
    assert.ok(file.ok);
    assert.deepEqual(file.value.sessions, [
      {
        sessionId: 'A',
        stationId: '50994',
        localStartMs: Date.UTC(2016, 8, 1, 7, 21),
        durationMs: 360_000,
        energyWh: 2085n,
      },
    ]);
  });

  it('of a publisher with offsets or UTC have the wall clock of the publisher’s zone', () => {
    const acn = [
      'sessionID,stationID,connectionTime,disconnectTime,kWhDelivered',
      'a,1,"Wed, 25 Apr 2018 11:08:04 GMT","Wed, 25 Apr 2018 13:20:10 GMT",7.932',
      'b,1,2018-04-25 11:08:04,"Wed, 25 Apr 2018 13:20:10 GMT",7.932',
    ].join('\n');
    const file = readSessions(Buffer.from(acn), 150_000n, 'acn');
    assert.ok(file.ok);
    assert.deepEqual(
      file.value.sessions.map(({ localStartMs, energyWh }) => [
        new Date(localStartMs).toISOString(),
        energyWh,
      ]),
      [['2018-04-25T04:08:04.000Z', 7932n]],
    );
    // One end by the clock and one with an offset tell no duration.
    assert.equal(file.value.refused.BAD_TIME, 1);
  });

  const wrong = [
    ['BAD_TIME', 'X,1,1,yesterday,2016-09-01T07:27:00,2'],
    ['END_NOT_AFTER_START', 'X,1,1,2016-09-01T08:00:00,2016-09-01T08:00:00,2'],
    ['NO_ENERGY', 'X,1,1,2016-09-01T07:00:00,2016-09-01T08:00:00,0'],
    ['NO_ENERGY', 'X,1,1,2016-09-01T07:00:00,2016-09-01T08:00:00,-1394.711'],
    ['IMPOSSIBLE_POWER', 'X,1,1,2016-09-01T07:00:00,2016-09-01T07:01:00,2.501'],
    ['TOO_LONG', 'X,1,1,2016-09-01T07:00:00,2016-09-03T07:01:00,2'],
    ['DUPLICATE', 'A,1,1,2016-09-01T07:00:00,2016-09-01T08:00:00,2'],
  ] as const;
  for (const [reason, row] of wrong)
    it(`that cannot have happened are left out and counted: ${reason} for ${row}`, () => {
      const file = read('A,1,1,2016-09-01T07:21:00,2016-09-01T08:27:00,2', row);
      assert.ok(file.ok);
      assert.equal(file.value.sessions.length, 1);
      assert.deepEqual(
        Object.entries(file.value.refused).filter(([, count]) => count > 0),
        [[reason, 1]],
      );
    });

  it('are refused as a whole without the columns or without one usable row', () => {
    const noColumn = readSessions(Buffer.from('a,b\n1,2\n'), 1n);
    assert.ok(!noColumn.ok && noColumn.error.code === 'NO_COLUMN');
    const none = read('X,1,1,yesterday,today,2');
    assert.ok(!none.ok && none.error.code === 'NO_SESSION');
  });
});
