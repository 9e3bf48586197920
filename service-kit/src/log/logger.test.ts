import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import fc from 'fast-check';
import { createLogger } from './logger.ts';

const CIN = 'USALPCA1234567K';
const ALIAS = '1234567890123456789';
const JWS = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl';

const capture = (): { lines: () => string; log: ReturnType<typeof createLogger> } => {
  const chunks: string[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk.toString('utf8'));
      done();
    },
  });
  return { lines: () => chunks.join(''), log: createLogger('test', { level: 'trace', destination }) };
};

describe('the logger', () => {
  it('shows neither a CIN, an alias nor a token, wherever they stand', () => {
    const { lines, log } = capture();
    log.info({ cin: CIN, nested: [{ deep: { login_hint: 'x-secret' } }] }, 'swiped');
    log.info(`card ${CIN} read, keypad ${ALIAS}, hyphens US-ALP-CA1234567-K`);
    log.warn({ headers: { authorization: `Bearer ${JWS}`, 'Set-Cookie': 'sid=s3cret' } });
    log.error(new Error(`no customer ${CIN}`, { cause: new Error(`token ${JWS}`) }));
    log.error(
      { err: new Error(`again ${CIN}`), url: 'postgres://roamgrid:hunter2@localhost/db' },
      'for %s',
      CIN,
    );
    log.child({ cin: CIN, note: JWS }).info('from a child');
    const text = lines();
    assert.equal(text.trim().split('\n').length, 6);
    for (const secret of [
      CIN,
      ALIAS,
      JWS,
      'x-secret',
      's3cret',
      'hunter2',
      'US-ALP-CA1234567-K',
      'A1234567',
    ]) {
      assert.ok(!text.includes(secret), `${secret} is in the log`);
    }
    assert.match(text, /no customer \[redacted\]/);
    assert.match(text, /"level":50/);
  });

  it('keeps what is not secret, with bigints as text', () => {
    const { lines, log } = capture();
    log.info({ sessionId: 's-1', totalMicros: 12_000_000n, atMs: 1_700_000_000_000 }, 'closed');
    const line = JSON.parse(lines()) as Record<string, unknown>;
    assert.equal(line['sessionId'], 's-1');
    assert.equal(line['totalMicros'], '12000000');
    assert.equal(line['atMs'], 1_700_000_000_000);
    assert.equal(line['msg'], 'closed');
  });

  it('hides any well-formed CIN inside any text', () => {
    const letters = fc.stringMatching(/^[A-Z]{2}[A-Z0-9]{3}C[A-Z0-9]{9}$/);
    fc.assert(
      fc.property(letters, fc.string(), (cin, around) => {
        const { lines, log } = capture();
        log.info(`${around} ${cin} ${around}`);
        return !lines().includes(cin);
      }),
    );
  });
});
