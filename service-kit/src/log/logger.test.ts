import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import fc from 'fast-check';
import { createLogger } from './logger.ts';
import { redactText } from './redact.ts';

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

  it('reads a text once, whatever it is made of', () => {
    // Read again from each of its beginnings, any of these would take minutes.
    for (const part of ['a.', 'a-', 'eyJ-', 'eyJab.', '://a:', 'Bearer ', 'US ', '1 ', 'a:b@']) {
      const text = part.repeat(Math.ceil(2_000_000 / part.length));
      assert.ok(redactText(text, Infinity).length > 0);
    }
  });

  it('shows no more of a value than a person would read, and no half of a secret where it cuts', () => {
    const { lines, log } = capture();
    for (const before of [0, 5, 12, 250])
      log.info(`${'x'.repeat(8_192 - before)} ${CIN} ${'y'.repeat(100_000)}`);
    log.info({ [`${CIN} as a name`]: Array.from({ length: 100_000 }, () => 'many words '.repeat(10)) });
    log.info(Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`name ${at}`, { at }])));
    const text = lines();
    assert.ok(text.length < 500_000, `${text.length} characters`);
    assert.ok(!text.includes('USALP'));
    assert.match(text, /… \[108\d{3} characters\]/);
  });

  it('hides the password of an address with or without a user', () => {
    for (const address of [
      'redis://:hunter2@host',
      'postgres://user:hunter2@host/db',
      'x postgres://u:hunter2@h',
    ])
      assert.ok(!redactText(address).includes('hunter2'));
    assert.equal(redactText('http://localhost:8080/a@b'), 'http://localhost:8080/a@b');
  });
});
