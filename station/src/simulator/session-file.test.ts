import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseStamp } from '@roamgrid/service-kit/csv';
import { instantsOf } from './local-time.ts';
import { DEFAULT_FILE_OPTIONS, readSessionFile, type SessionFileOptions } from './session-file.ts';

const options = { ...DEFAULT_FILE_OPTIONS, timeZone: 'Europe/London', maxPowerW: 50_000n };
const HEAD = 'session_id,station_id,connector,plug_in,plug_out,energy_kwh\n';
const read = (csv: string | Uint8Array, more: Partial<SessionFileOptions> = {}) => {
  const file = readSessionFile(Buffer.from(csv), { ...options, ...more });
  if (!file.ok) assert.fail(`${file.error.code}: ${file.error.message}`);
  return file.value;
};
const faultOf = (row: string) => read(HEAD + row).refused[0]?.fault;
const instants = (text: string): readonly number[] => {
  const stamp = parseStamp(text, 'dmy');
  return stamp === undefined ? [] : instantsOf(stamp, 'Europe/London');
};

describe('a file of recorded sessions', () => {
  it('turns local time into instants across the ends of summer time', () => {
    assert.deepEqual(instants('2017-10-29T01:30:00'), [
      Date.parse('2017-10-29T00:30:00Z'),
      Date.parse('2017-10-29T01:30:00Z'),
    ]);
    assert.deepEqual(instants('2017-03-26T01:30:00'), []);
    assert.deepEqual(instants('2017-07-01T12:00:00'), [Date.parse('2017-07-01T11:00:00Z')]);
    assert.deepEqual(instants('2017-02-31T12:00:00'), []);
  });

  it('refuses each kind of dirty row with its reason', () => {
    assert.equal(faultOf('a,1,1,2017-10-02T10:00:00,2017-10-02T09:00:00,1'), 'END_BEFORE_START');
    assert.equal(faultOf('a,1,1,2017-10-02T10:00:00,2017-10-02T10:00:00,1'), 'NO_DURATION');
    assert.equal(faultOf('a,1,1,2017-10-02T10:00:00,2017-10-02T11:00:00,0'), 'NO_ENERGY');
    assert.equal(faultOf('a,1,1,2017-10-02T10:00:00,2017-10-02T11:00:00,-2'), 'NO_ENERGY');
    assert.equal(faultOf('a,1,1,2017-10-02T10:00:00,2017-10-02T10:02:00,138.25'), 'IMPOSSIBLE_POWER');
    assert.equal(faultOf('a,1,1,2017-10-02T10:00:00,,1'), 'MISSING_FIELD');
    assert.equal(faultOf('a,1,1,2017-10-02T10:00:00,tomorrow,1'), 'BAD_TIME');
    assert.equal(faultOf('a,1,1,2017-03-26T01:30:00,2017-03-26T03:00:00,1'), 'BAD_TIME');
    assert.equal(faultOf('a,1,1,2017-10-02T10:00:00,2017-10-02T11:00:00,some'), 'BAD_ENERGY');
    assert.equal(faultOf('a,1,1,2017-10-02T10:00:00,2017-10-22T11:00:00,9'), 'TOO_LONG');
    const twice = read(
      `${HEAD}a,1,1,2017-10-02T10:00:00,2017-10-02T11:00:00,1\na,1,1,2017-10-03T10:00:00,2017-10-03T11:00:00,1`,
    );
    assert.deepEqual(
      [twice.sessions.length, twice.refused[0]?.fault, twice.refused[0]?.line],
      [1, 'DUPLICATE_ID', 3],
    );
  });

  it('refuses a row that begins while its outlet is in use', () => {
    const rows =
      'a,1,1,2017-10-02T10:00,2017-10-02T12:00,1\nb,1,1,2017-10-02T11:00,2017-10-02T13:00,1\nc,1,2,2017-10-02T11:00,2017-10-02T13:00,1';
    const { sessions, refused } = read(HEAD + rows);
    assert.deepEqual(
      [sessions.map((s) => s.sessionId), refused.map((r) => [r.sessionId, r.fault])],
      [['a', 'c'], [['b', 'OVERLAP']]],
    );
  });

  it('says which column is missing', () => {
    assert.throws(() => read('id,kwh\n1,2'), /NO_COLUMN: no column 'station_id', 'plug_in'.*'session_id'/);
  });

  it('accounts for every row of a real month', () => {
    const csv = readFileSync(
      join(import.meta.dirname, '../../../data/sessions/perth_kinross_2017-10.csv'),
      'utf8',
    );
    const file = read(csv);
    assert.equal(file.sessions.length + file.refused.length, csv.trim().split('\n').length - 1);
    assert.ok(
      file.refused.length > 0 &&
        file.sessions.every((s, i) => i === 0 || s.startMs >= (file.sessions[i - 1]?.startMs ?? 0)),
    );
  });
});
