import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { LinearModel, SolverAnswer } from '@roamgrid/domain/power';
import { HighsSolver } from '../solver/highs-solver.ts';
import { sumOfClaims } from './claims.ts';
import { newSessionKey, signEnvelope } from './envelope.ts';
import { communityRow, foundIn } from './measured.ts';
import { Post } from './post.ts';
import { communityRegister } from './register.ts';
import { NotAgreed, Session } from './session.ts';
import { communityDay } from './testing/community-day.ts';
import { playedHouses } from './testing/houses.ts';
import { TappedLine } from './testing/tapped.ts';

const NAMES = ['a', 'b', 'c', 'd'];

/** Says −1 for one of its bits, to make room for itself. */
class Understating extends Session {
  override deal(phase: string, numbers: readonly bigint[]): Promise<readonly (readonly bigint[])[]> {
    return super.deal(phase, phase === 'bits' ? numbers.with(0, -1n) : numbers);
  }
}

/** Adds up right, and says another sum. */
class Miscounting extends Session {
  override sayNumbers(phase: string, numbers: readonly bigint[]): Promise<readonly (readonly bigint[])[]> {
    return super.sayNumbers(
      phase,
      phase === 'check' ? numbers.with(-1, (numbers.at(-1) ?? 0n) + 1n) : numbers,
    );
  }
}

describe('claims of four houses over sockets', () => {
  const lines = NAMES.map(() => new TappedLine());
  const keys = NAMES.map(() => generateKeyPairSync('ed25519'));
  const keyOf = (at: number): KeyObject => keys[at]?.privateKey ?? assert.fail();
  let posts: Post[] = [];
  let urls: string[] = [];
  let agreement = 0;

  before(async () => {
    urls = await Promise.all(lines.map((line) => line.listen()));
    const register = communityRegister.parse({
      communityId: 'lane-4',
      connectionW: ['8333', '8333', '8333'],
      members: NAMES.map((houseId, at) => ({
        houseId,
        publicKey: keys[at]?.publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
        url: urls[at],
        staticW: ['1000', '1000', '1000'],
      })),
    });
    posts = NAMES.map((houseId, at) => new Post({ houseId, key: keyOf(at), register }));
    for (const [at, post] of posts.entries()) lines[at]?.leadTo(await post.listen(0));
  });

  after(async () => {
    for (const post of posts) await post.close();
    for (const line of lines) await line.close();
  });

  const claimed = async (
    claims: readonly (readonly bigint[])[],
    kinds: readonly (typeof Session)[] = [],
    session = 's',
  ): Promise<readonly (readonly bigint[] | string)[]> => {
    agreement += 1;
    const own = NAMES.map(() => newSessionKey());
    const published = new Map(NAMES.map((name, at) => [name, own[at]?.publicKey ?? '']));
    return Promise.all(
      posts.map(async (post, at) => {
        const Kind = kinds[at] ?? Session;
        const parts = { post, agreement, session, houses: NAMES, self: NAMES[at] ?? '', timeoutMs: 60_000 };
        try {
          return await sumOfClaims(new Kind(parts, own[at] ?? assert.fail(), published), claims[at] ?? [], 4);
        } catch (error) {
          assert.ok(error instanceof NotAgreed);
          return error.code;
        }
      }),
    );
  };

  const claims = [
    [3n, 0n],
    [4n, 15n],
    [5n, 1n],
    [0n, 2n],
  ];

  it('add up to the same sum at each of them', async () => {
    assert.deepEqual(
      await claimed(claims),
      NAMES.map(() => [12n, 18n]),
    );
  });

  it('are refused by all when one is less than nothing', async () => {
    const seen = await claimed(claims, [Session, Understating]);
    assert.deepEqual(
      seen,
      NAMES.map(() => 'CLAIM_UNPROVEN'),
    );
  });

  it('are refused by all others when one says another sum', async () => {
    const seen = await claimed(claims, [Session, Session, Miscounting]);
    assert.deepEqual(
      seen,
      NAMES.map(() => 'SHARES_CONTRADICT'),
    );
  });

  it('look the same on the wire whether a house claims nothing or all it can', async () => {
    const bytesOf = async (mine: bigint): Promise<Buffer> => {
      for (const line of lines) line.heard.length = 0;
      await claimed([
        Array.from({ length: 20 }, () => mine),
        ...NAMES.slice(1).map(() => Array.from({ length: 20 }, () => 1n)),
      ]);
      return Buffer.concat(lines.flatMap(({ heard }) => heard));
    };
    const sealed = (capture: Buffer): Buffer =>
      Buffer.concat(
        [...capture.toString('latin1').matchAll(/"phase":"bits","from":"a"[^}]*?"body":"([^"]*)"/gu)].map(
          ([, body = '']) => Buffer.from(body, 'base64'),
        ),
      );
    const [none, all] = [sealed(await bytesOf(0n)), sealed(await bytesOf(15n))];
    assert.ok(none.length > 2_500);
    assert.equal(none.length, all.length);
    for (const bytes of [none, all]) {
      const counts = Array.from({ length: 256 }, () => 0);
      for (const byte of bytes) counts[byte] = (counts[byte] ?? 0) + 1;
      const mean = bytes.length / 256;
      const chiSquare = counts.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0);
      // 255 degrees of freedom: beyond these bounds once in more than a billion runs.
      assert.ok(chiSquare > 130 && chiSquare < 430, `chi square ${chiSquare}`);
    }
  });

  it('are not taken from strangers, nor from an agreement that is over', async () => {
    const message = { agreement: 500, session: '', phase: 'hello', from: 'a', to: 'b', body: 'e30=' };
    const post = async (signed: object): Promise<number> =>
      (
        await fetch(`${urls[1]}/community/v1/messages`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(signed),
        })
      ).status;
    assert.equal(await post(signEnvelope(message, keyOf(2))), 403);
    assert.equal(await post({ ...signEnvelope(message, keyOf(0)), body: 'e31=' }), 403);
    assert.equal(await post(signEnvelope(message, keyOf(0))), 204);
    posts[1]?.endOf(500);
    assert.equal(await post(signEnvelope(message, keyOf(0))), 409);
  });
});

describe('a day of four houses on 25 kW', () => {
  it('costs hardly more than with a plan that knows all, stays below the limit, and tells no load', async () => {
    const solver = new HighsSolver({ timeLimitMs: 20_000 });
    const solve = (model: LinearModel): Promise<SolverAnswer> => Promise.resolve(solver.solve(model));
    try {
      const houses = playedHouses(7, 4);
      const day = await communityDay(houses, solve, {
        ...{ everyMinutes: 240, rounds: 4 },
        // One house is away at the second agreement and back at the fourth.
        before: (turn, lines) => lines[1]?.cut(turn === 1 || turn === 2),
      });
      const secretsW = houses.flatMap(({ loadW }) => loadW.flatMap((lane) => lane.slice(0, 200)));
      const row = communityRow({ ...day, secretsW, phaseW: 8_333n });
      console.log(`      ${row.seen}`);
      assert.deepEqual({ ...row, seen: '' }, { row: 'HOME-9', ok: true, seen: '' }, row.seen);
      assert.ok(
        day.outcomes.every(({ status }) => status === 'agreed'),
        JSON.stringify(day.outcomes),
      );
      assert.equal(day.outcomes.length, 6 * 4 - 2);
      // The search finds what is there.
      const body = Buffer.from('00000000000004d2', 'hex').toString('base64');
      for (const told of ['{"loadW":"1234"}', '{"loadW":1234}', `{"body":"${body}"}`])
        assert.deepEqual(foundIn(Buffer.from(told), [1_234n, 1_235n]), [1_234n]);
    } finally {
      await solver.close();
    }
  });
});
