import assert from 'node:assert/strict';
import { makeKey, MSP } from '@roamgrid/chaincode/testing';
import { canonicalText, sessionOpenBody, type LedgerErrorCode } from '@roamgrid/wire';
import { Registry } from '../registry/registry.ts';
import { sessionAt, toldLedger, type ReadSide, type ToldLedger } from '../testing/told-ledger.ts';
import { judgeForHome, type JudgeContext } from './judge.ts';

const LANE = 'USDUK-USALP-j0';
const DAY_MS = 86_400_000;

describe('an opening as home judges it', function () {
  this.timeout(120_000);
  let told: ToldLedger;
  let home: ReadSide;
  let context: JudgeContext;
  before(async () => {
    told = await toldLedger();
    home = await told.read(MSP.USALP, 'judge_alabama');
    await home.readUpTo(told.readyBlock);
    const { registry, store } = home;
    context = { utilityId: 'USALP', channel: 'roamgrid', db: store.db, registry, nowMs: Date.now };
  });

  const session = (number: number, over: Parameters<typeof sessionAt>[2] = {}) =>
    sessionAt(told, number, { lane: LANE, ...over });
  const refusedFor = (code: LedgerErrorCode, message: RegExp, answer: unknown): void => {
    const { outcome, code: found, message: said } = answer as Record<string, string>;
    assert.deepEqual([outcome, found], ['refused', code], said);
    assert.match(said ?? '', message);
  };

  it('is good at home and on a kept profile, and says whose key consented', async () => {
    const [one, two, three] = await Promise.all([
      session(1),
      session(2, { authorisedBy: 'cache' }),
      session(3, { driverKey: makeKey('phone-1') }),
    ]);
    assert.deepEqual(await judgeForHome(context, one.text), { outcome: 'good', consentBy: 'station' });
    assert.deepEqual(await judgeForHome(context, two.text), { outcome: 'good', consentBy: 'station' });
    assert.deepEqual(await judgeForHome(context, three.text), { outcome: 'good', consentBy: 'device' });
  });

  it('is answered alike however often it is asked for, whatever has happened since', async () => {
    const { text } = await session(4);
    const wrong = await session(5, { quote: { capMicros: 60_000_000n } });
    const answers = await Promise.all([1, 2, 3].map(() => judgeForHome(context, text)));
    const refusal = await judgeForHome(context, wrong.text);
    refusedFor('OUTSIDE_AGREEMENT', /the cap is above what the home utility signed/, refusal);
    const later = { ...context, nowMs: () => Date.now() + 365 * DAY_MS };
    for (const answer of [...answers, await judgeForHome(later, text)])
      assert.deepEqual(answer, { outcome: 'good', consentBy: 'station' });
    assert.deepEqual(await judgeForHome(later, wrong.text), refusal);
  });

  it('is good once for a number: another body for it is refused, also when both come at once', async () => {
    const first = await session(6);
    const second = await session(6, { body: { salt: 'cd'.repeat(32) } });
    const answers = await Promise.all([first, second].map(({ text }) => judgeForHome(context, text)));
    const good = answers.filter(({ outcome }) => outcome === 'good');
    assert.equal(good.length, 1);
    refusedFor(
      'CONFLICT',
      /a number opens once/,
      answers.find(({ outcome }) => outcome === 'refused'),
    );
  });

  it('that was refused does not stand in the way of a better one', async () => {
    const wrong = await session(7, { homeKey: makeKey('alp-1') });
    refusedFor('BAD_SIGNATURE', /evidence/, await judgeForHome(context, wrong.text));
    const right = await session(7);
    assert.equal((await judgeForHome(context, right.text)).outcome, 'good');
  });

  it('is refused in the contract’s own codes', async () => {
    const one = await session(8);
    const other = async (over: Parameters<typeof session>[1]) => (await session(9, over)).text;
    const inOrder = canonicalText(sessionOpenBody, one.body);
    const rows: [string, LedgerErrorCode, RegExp][] = [
      ['{', 'INVALID_ARGUMENT', /not JSON/],
      [JSON.stringify(JSON.parse(inOrder), null, 1), 'INVALID_ARGUMENT', /one form/],
      [await other({ quote: { channel: 'another' } }), 'INVALID_ARGUMENT', /channel/],
      [
        await other({ quote: { hun: 'USGPC' } }),
        'INVALID_ARGUMENT',
        /no number of a lane of USDUK and USGPC/,
      ],
      [await other({ quote: { stationId: 'duk-9' } }), 'NOT_FOUND', /knows no station duk-9/],
      [await other({ quote: { tariffVersion: 9 } }), 'NOT_FOUND', /version 9/],
      [await other({ quote: { agreementId: 'alp-duk-1999' } }), 'NOT_FOUND', /agreement alp-duk-1999/],
      [
        await other({ openedAtMs: Date.now() + 600_000 }),
        'CLOCK_SKEW',
        /6\d\d{4} ms from now|59\d{4} ms from now/,
      ],
      [await other({ openedAtMs: Date.now() - 31 * DAY_MS }), 'CLOCK_SKEW', /ms from now/],
      [await other({ stationKey: makeKey('duk-station-j0') }), 'BAD_SIGNATURE', /the station did not sign/],
    ];
    for (const [text, code, message] of rows) refusedFor(code, message, await judgeForHome(context, text));
    const stranger = { ...context, utilityId: 'USGPC' };
    refusedFor('FORBIDDEN', /answers for its own customers/, await judgeForHome(stranger, one.text));
  });

  it('is not refused for good by what the registry does not know yet', async () => {
    const { text } = await session(10);
    // As it is before it has read anything.
    const empty = { ...context, registry: new Registry(home.store.db) };
    refusedFor('NOT_FOUND', /knows no agreement/, await judgeForHome(empty, text));
    assert.equal((await judgeForHome(context, text)).outcome, 'good');
  });
});
