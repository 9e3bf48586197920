import assert from 'node:assert/strict';
import { MAX_SESSION_NUMBER, NumberBits, type JsonValue } from '@roamgrid/wire';
import { Lane } from '../../testing/lane.ts';
import { AGREEMENT_ID, by, call, DAY_MS, EVSE_ID, MSP, NOW_MS } from '../../testing/parties.ts';
import { amend, but, withClosed, withGroundwork, withOpened } from '../../testing/prepared.ts';
import { LANE_ID, openSession } from '../../testing/opened.ts';

const RANGE = `${LANE_ID}:0000000`;
const bitsOf = (first: number, numbers: readonly number[]): string => {
  const bits = new NumberBits(first);
  for (const number of numbers) bits.add(number);
  return bits.text;
};

const opening = async (numbers: readonly number[]) => {
  const lane = new Lane();
  return lane.open(await Promise.all(numbers.map((number) => openSession(number))));
};

describe('session.open', () => {
  it('writes one root, which numbers it opened, and nothing of the sessions', async () => {
    const ledger = await withGroundwork();
    const told = await opening([1, 3]);
    const { writes, answer, event, text } = await ledger.submit(call(told));
    const bits = Buffer.from([0b101]).toString('base64');
    const { root } = told.command;
    assert.ok(root !== undefined);
    const commands = Object.keys(writes.public).filter((key) => key.startsWith(`command:${MSP.USDUK}:`));
    assert.equal(commands.length, 1);
    const [command = ''] = commands;
    const { [command]: _, ...records } = writes.public;
    assert.deepEqual(records, {
      [`opens:${RANGE}`]: { type: 'opens', version: 1, laneId: LANE_ID, range: 0, bits },
      [`opening:${LANE_ID}:0000000001`]: {
        type: 'opening',
        version: 1,
        laneId: LANE_ID,
        agreementId: AGREEMENT_ID,
        slot: 1,
        root,
        count: 2,
        first: 1,
        bits,
        atMs: NOW_MS,
      },
    });
    assert.deepEqual([writes.private, writes.endorsers], [{}, {}]);
    assert.deepEqual((answer as { wrote: JsonValue }).wrote, []);
    assert.deepEqual(event, { name: 'session.open', payload: text });
    assert.ok(!JSON.stringify(writes.public).includes(EVSE_ID));
  });

  it('opens further numbers of a range beside those that are open', async () => {
    const { ledger, lane } = await withOpened([1, 2]);
    await ledger.submit(call(lane.open([await openSession(5)])));
    const record = JSON.parse(ledger.state.get(`opens:${RANGE}`) ?? '') as { bits: string; version: number };
    assert.deepEqual([record.bits, record.version], [bitsOf(1, [1, 2, 5]), 2]);
  });

  it('told again gives the first receipt and writes nothing; with other content it is a CONFLICT', async () => {
    const ledger = await withGroundwork();
    const told = call(await opening([1]));
    const first = await ledger.submit(told);
    const again = await ledger.submit(told);
    assert.equal(again.text, first.text);
    assert.deepEqual(again.writes, { public: {}, endorsers: {}, private: {}, purged: [] });
    const other = await opening([2]);
    const commandId = (told.command as { commandId: string }).commandId;
    assert.equal(await ledger.refusal(but(other, { command: { commandId } })), 'CONFLICT');
  });

  it('is not held up by anything that the home utility does', async () => {
    const ledger = await withGroundwork();
    amend(ledger, 'utility:USALP', {
      status: 'suspended',
      statusFromMs: 0,
      validUntilMs: 1,
      signingKeys: [],
    });
    amend(ledger, 'utility:USALP', {
      signingKeys: (JSON.parse(ledger.state.get('utility:USDUK') ?? '') as { signingKeys: JsonValue })
        .signingKeys,
    });
    amend(ledger, `agreement:${AGREEMENT_ID}`, { endsAtMs: 1 });
    assert.equal(await ledger.refusal(call(await opening([1]))), 'ok');
  });

  describe('refuses', () => {
    it('a number that was opened before, ended or not, and a slot that is taken', async () => {
      const { ledger, lane } = await withClosed();
      assert.equal(await ledger.refusal(call(lane.open([await openSession(2)]))), 'WRONG_STATE');
      const taken = but(lane.open([await openSession(3)]), { command: { slot: 1 } });
      assert.equal(await ledger.refusal(taken), 'CONFLICT');
    });

    const changes: readonly (readonly [code: string, what: string, change: Parameters<typeof but>[1]])[] = [
      ['FORBIDDEN', 'the home utility', { caller: by('USALP', 'station') }],
      ['FORBIDDEN', 'a third utility', { caller: by('USGPC', 'station') }],
      ['FORBIDDEN', 'an auditor', { caller: by('USDUK', 'auditor') }],
      ['FORBIDDEN', 'a certificate without role', { caller: by('USDUK', undefined) }],
      ['OUTSIDE_AGREEMENT', 'a pair that is not of the agreement', { command: { hun: 'USGPC' } }],
      ['OUTSIDE_AGREEMENT', 'a utility visiting itself', { command: { hun: 'USDUK' } }],
      ['NOT_FOUND', 'an unknown agreement', { command: { agreementId: 'nope' } }],
      ['INVALID_ARGUMENT', 'a lane of another pair', { command: { laneId: 'USDUK-USGPC-g0' } }],
      ['INVALID_ARGUMENT', 'a lane of the other direction', { command: { laneId: 'USALP-USDUK-g0' } }],
      ['INVALID_ARGUMENT', 'another count', { command: { count: 1 } }],
      [
        'INVALID_ARGUMENT',
        'bits that do not begin with the first number',
        { command: { bits: bitsOf(1, [2, 3]) } },
      ],
      [
        'INVALID_ARGUMENT',
        'bits in another form',
        { command: { bits: Buffer.from([0b101, 0]).toString('base64') } },
      ],
      ['INVALID_ARGUMENT', 'bits that are no base64', { command: { bits: '*' } }],
      ['INVALID_ARGUMENT', 'more bits than a range has', { command: { bits: 'A'.repeat(345) } }],
      [
        'INVALID_ARGUMENT',
        'a number that no session can bear',
        {
          command: {
            first: MAX_SESSION_NUMBER,
            bits: bitsOf(MAX_SESSION_NUMBER, [MAX_SESSION_NUMBER, MAX_SESSION_NUMBER + 1]),
          },
        },
      ],
      ['INVALID_ARGUMENT', 'number 0', { command: { first: 0 } }],
      ['INVALID_ARGUMENT', 'a command with an unknown field', { command: { more: 1 } }],
      ['EXPIRED', 'a visited utility whose registration ran out', { nowMs: NOW_MS + 365 * DAY_MS }],
    ];
    for (const [code, what, change] of changes) {
      it(`${what}: ${code}`, async () => {
        const ledger = await withGroundwork();
        assert.equal(await ledger.refusal(but(await opening([1, 3]), change)), code);
      });
    }

    it('a suspended visited utility, and an agreement that was never signed: WRONG_STATE', async () => {
      for (const [key, change] of [
        ['utility:USDUK', { status: 'suspended' }],
        [`agreement:${AGREEMENT_ID}`, { state: 'proposed' }],
        [`agreement:${AGREEMENT_ID}`, { state: 'withdrawn' }],
      ] as const) {
        const ledger = await withGroundwork();
        amend(ledger, key, change);
        assert.equal(await ledger.refusal(call(await opening([1]))), 'WRONG_STATE');
      }
    });
  });
});
