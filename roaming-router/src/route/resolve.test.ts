import assert from 'node:assert/strict';
import { createLogger } from '@roamgrid/service-kit';
import { issuerOf, makeKey, terms, VISITED } from '@roamgrid/service-kit/testing';
import { type DriverToken, type IssuerEntry, type RouteTokenAnswer, type TokenAnswer } from '@roamgrid/wire';
import { makeCin, unwrap } from '@roamgrid/domain';
import { HomeFailure, HomeRefusal } from '../home/failure.ts';
import { createResolve } from './resolve.ts';

const CARD: DriverToken = { type: 'rfid', value: '04A22B1C' };
const UNKNOWN: TokenAnswer = { outcome: 'unknown' };
const cinOf = (utilityId: string): string =>
  unwrap(
    makeCin({
      country: utilityId.slice(0, 2),
      party: utilityId.slice(2),
      service: 'E',
      customer: '0012345',
    }),
  );
const known = (utilityId: string): TokenAnswer => ({ outcome: 'known', cin: cinOf(utilityId) });

describe('whose a token is', () => {
  const log = createLogger('test', { level: 'silent' });
  const url = 'http://localhost:1';
  const member = (utilityId: string, agreed = true): IssuerEntry =>
    issuerOf(utilityId, makeKey(utilityId), { oidcIssuer: url, aaaUrl: url }, agreed ? terms() : undefined);

  /** Asks with members that answer so; what throws is silent. */
  const ask = async (
    token: DriverToken,
    own: TokenAnswer,
    others: Readonly<Record<string, TokenAnswer | Error>>,
    entries: readonly IssuerEntry[] = Object.keys(others).map((id) => member(id)),
  ): Promise<{ readonly answer: RouteTokenAnswer; readonly asked: readonly string[] }> => {
    const asked: string[] = [];
    const registry = new Map(entries.map((entry) => [entry.utility.utilityId, entry]));
    const resolve = createResolve({
      utilityId: VISITED,
      registry: {
        issuer: (id) => {
          const entry = registry.get(id);
          return Promise.resolve(entry ? { ok: true, entry } : { ok: false, why: 'unknown' });
        },
        station: () => Promise.resolve(undefined),
      },
      own: {
        resolve: () => {
          asked.push(VISITED);
          return Promise.resolve({ ok: true, status: 200, value: own });
        },
      },
      home: {
        resolve: ({ utilityId }) => {
          asked.push(utilityId);
          const said = others[utilityId] ?? UNKNOWN;
          return said instanceof Error ? Promise.reject(said) : Promise.resolve(said);
        },
      },
      budgetMs: 20_000,
      nowMs: Date.now,
    });
    return { answer: await resolve({ token, homes: [...registry.keys()] }, log), asked: asked.sort() };
  };
  const refusal = ({ answer }: Awaited<ReturnType<typeof ask>>) =>
    answer.outcome === 'refused' ? answer.code : answer;

  it('is told by the own node where it knows, and asked of nobody else then', async () => {
    const { answer, asked } = await ask(CARD, known(VISITED), { USALP: UNKNOWN });
    assert.deepEqual([answer, asked], [known(VISITED), [VISITED]]);
  });

  it('is told by the one member that knows, though another is silent or has blocked it', async () => {
    const others = {
      USALP: known('USALP'),
      USGPC: new HomeFailure('timeout', 'too late'),
      USTVA: { outcome: 'blocked' },
    } as const;
    assert.deepEqual((await ask(CARD, UNKNOWN, others)).answer, known('USALP'));
  });

  it('is refused by what the others said: two that know it, one that blocked it, nobody', async () => {
    const two = await ask(CARD, UNKNOWN, { USALP: known('USALP'), USGPC: known('USGPC') });
    assert.equal(refusal(two), 'TOKEN_AMBIGUOUS');
    assert.equal(refusal(await ask(CARD, UNKNOWN, { USALP: { outcome: 'blocked' } })), 'CUSTOMER_BLOCKED');
    assert.equal(refusal(await ask(CARD, UNKNOWN, { USALP: UNKNOWN, USGPC: UNKNOWN })), 'TOKEN_UNKNOWN');
    assert.equal(refusal(await ask(CARD, UNKNOWN, {})), 'TOKEN_UNKNOWN');
  });

  it('is left open by the silence of some, whose names are told', async () => {
    const rows = [
      ['HOME_TIMEOUT', new HomeFailure('timeout', 'too late')],
      ['HOME_UNREACHABLE', new HomeFailure('unreachable', 'away')],
      ['HOME_PROTOCOL_ERROR', new HomeRefusal('RATE_LIMITED', 'too many', 429)],
      // A member names its own customers alone.
      ['HOME_PROTOCOL_ERROR', known('USALP')],
    ] as const;
    for (const [code, said] of rows) {
      const { answer } = await ask(CARD, UNKNOWN, { USALP: UNKNOWN, USGPC: said });
      assert.ok(answer.outcome === 'refused');
      assert.equal(answer.code, code);
      assert.match(answer.message ?? '', /USGPC did not say/);
    }
  });

  it('is asked of no member without an agreement', async () => {
    const entries = [member('USALP'), member('USGPC', false)];
    const { answer, asked } = await ask(CARD, UNKNOWN, { USGPC: known('USGPC') }, entries);
    assert.deepEqual([refusal({ answer, asked }), asked], ['TOKEN_UNKNOWN', ['USALP', VISITED].sort()]);
  });

  it('of a contract id with a member’s prefix is asked of that member alone', async () => {
    const emaid = (value: string): DriverToken => ({ type: 'emaid', value });
    const others = { USALP: known('USALP'), USGPC: known('USGPC') };
    const named = await ask(emaid('us-alp-ce0012345'), UNKNOWN, others);
    assert.deepEqual([named.answer, named.asked], [known('USALP'), ['USALP']]);
    const own = await ask(emaid(cinOf(VISITED)), known(VISITED), others);
    assert.deepEqual([own.answer, own.asked], [known(VISITED), [VISITED]]);
    const strangers = await ask(emaid('NLABCC00123456'), UNKNOWN, { USALP: known('USALP'), USGPC: UNKNOWN });
    assert.deepEqual(strangers.asked, ['USALP', VISITED, 'USGPC'].sort());
    const bare = await ask(emaid(cinOf('USGPC')), UNKNOWN, others, [member('USGPC', false)]);
    assert.deepEqual([refusal(bare), bare.asked], ['NO_AGREEMENT', []]);
  });
});
