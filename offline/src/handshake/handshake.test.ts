import assert from 'node:assert/strict';
import { err, unwrap } from '@roamgrid/domain';
import { isBytes, listOf, type CborValue } from '../cbor/cbor.ts';
import { sign1 } from '../cose/sign1.ts';
import { BEARER, framesOf } from '../link/frames.ts';
import { NODE_SUITE } from '../suite/node-suite.ts';
import type { Signer, Suite } from '../suite/suite.ts';
import { newHeldKey, WEB_SUITE } from '../suite/web-suite.ts';
import {
  certified,
  charger,
  CHARGER,
  EVSE_ID,
  HOME,
  MEMBERS,
  NOW_S,
  PHONE,
  short,
  STRANGER,
  TOKEN,
} from '../testing/consortium.ts';
import { issueChargeToken } from '../token/charge-token.ts';
import { answerHello, readProof, type ChargerIdentity } from './charger.ts';
import type { Command } from './command.ts';
import { CHALLENGE_PURPOSE, encodeChallenge, encodeChallengeMessage } from './messages.ts';
import { greet, prove, readChallengeOf } from './phone.ts';

const UPTIME = { bootCounter: 12, monotonicMs: 86_400_000 };
const START: Command = { kind: 'start', energyWh: 6_850n };
const TRUST = { members: MEMBERS, nowS: NOW_S, evseId: EVSE_ID };
const codeOf = (result: { readonly ok: boolean; readonly error?: { readonly code: string } }): string =>
  result.error?.code ?? 'ok';
const aToken = () => issueChargeToken(TOKEN, HOME.signer);

/** A contact until both believe each other, or not. */
const meet = async (
  options: {
    readonly phone?: Suite;
    readonly identity?: ChargerIdentity;
    readonly token?: Uint8Array;
    readonly holder?: Signer;
    readonly command?: Command;
  } = {},
) => {
  const { phone = NODE_SUITE, identity = await charger(), token = await aToken(), command = START } = options;
  const greeting = await greet(phone);
  const challenged = unwrap(await answerHello(NODE_SUITE, identity, UPTIME, greeting.hello));
  const met = await readChallengeOf(phone, greeting, challenged.reply, TRUST);
  if (!met.ok) return { met, challenged };
  const proof = await prove(phone, met.value, token, options.holder ?? PHONE.signer, command);
  return {
    met,
    challenged,
    greeting,
    proof,
    proven: await readProof(NODE_SUITE, challenged, MEMBERS, proof),
  };
};

describe('a charger and a phone that meet', () => {
  it('believe each other, and then what the other says, on Node and on Web Crypto', async () => {
    for (const phone of [NODE_SUITE, WEB_SUITE]) {
      const { met, challenged, proven } = await meet({ phone });
      const { token, command } = unwrap(proven ?? err({ code: 'NONE', message: 'nothing was proven' }));
      assert.deepEqual([token, command], [TOKEN, START]);
      const { challenge, operator, channel } = unwrap(met);
      assert.equal(operator, 'USDUK');
      assert.equal(challenge.bootCounter, 12);
      const answer = await challenged.channel.seal(['accepted', EVSE_ID, NOW_S]);
      assert.deepEqual(unwrap(await channel.open(answer)), ['accepted', EVSE_ID, NOW_S]);
      const more = await channel.seal(['thanks']);
      assert.deepEqual(unwrap(await challenged.channel.open(more)), ['thanks']);
    }
  });

  it('works with a key that a browser does not give away', async () => {
    const held = await newHeldKey(new Uint8Array([1]));
    const token = await issueChargeToken({ ...TOKEN, holder: short(held.key) }, HOME.signer);
    const { proven } = await meet({ phone: WEB_SUITE, token, holder: held.signer });
    assert.ok(proven?.ok);
  });

  it('says nothing of token or answer in clear', async () => {
    const token = await aToken();
    const { greeting, challenged, proof } = await meet({ token });
    const wire = Buffer.concat(
      [greeting?.hello ?? [], challenged.reply, proof ?? []].map((part) => Buffer.from(part)),
    );
    assert.equal(wire.indexOf(Buffer.from(TOKEN.tokenId)), -1);
    assert.equal(wire.indexOf(Buffer.from(TOKEN.issuer)), -1);
    assert.equal(wire.indexOf(Buffer.from(token)), -1);
  });

  it('takes so many bytes, and so many frames: what the protocol’s page says', async () => {
    const { greeting, challenged, proof } = await meet();
    const answer = await challenged.channel.seal([
      ...[4, 'accepted', EVSE_ID, NOW_S, TOKEN.expiresS, 1, TOKEN.limits.energyWh, TOKEN.limits.costMicros],
    ]);
    const messages = [greeting?.hello, challenged.reply, proof, answer].map((one) => one ?? new Uint8Array());
    const framesIn = (size: number) => messages.map((one) => framesOf(one, 0, size).length);
    assert.equal((await aToken()).length, 241);
    assert.deepEqual(
      messages.map(({ length }) => length),
      [88, 419, 342, 64],
    );
    assert.deepEqual(framesIn(BEARER.isoDep), [1, 2, 2, 1]);
    assert.deepEqual(framesIn(BEARER.gattUsual), [1, 2, 2, 1]);
    assert.deepEqual(framesIn(BEARER.gattLeast), [5, 24, 19, 4]);
  });

  it('a phone that does not hold the key of its token starts nothing', async () => {
    const { proven } = await meet({ holder: STRANGER.signer });
    assert.equal(proven && codeOf(proven), 'PROOF_FORGED');
  });

  it('a token of a stranger starts nothing', async () => {
    const { proven } = await meet({ token: await issueChargeToken(TOKEN, STRANGER.signer) });
    assert.equal(proven && codeOf(proven), 'ISSUER_UNKNOWN');
  });

  it('an answer to one challenge is none to another, nor twice to its own', async () => {
    const { challenged, proof = new Uint8Array() } = await meet();
    assert.equal(codeOf(await readProof(NODE_SUITE, challenged, MEMBERS, proof)), 'CHANNEL_BROKEN');
    const later = unwrap(
      await answerHello(NODE_SUITE, await charger(), UPTIME, (await greet(NODE_SUITE)).hello),
    );
    assert.equal(codeOf(await readProof(NODE_SUITE, later, MEMBERS, proof)), 'CHANNEL_BROKEN');
  });

  it('a signature of an earlier contact proves nothing in this one, and none of one wish another', async () => {
    const token = await aToken();
    const kept: Uint8Array[] = [];
    const keeping: Signer = {
      ...PHONE.signer,
      sign: async (text) => {
        kept.push(await PHONE.signer.sign(text));
        return kept.at(-1) ?? new Uint8Array();
      },
    };
    await meet({ token, holder: keeping });
    const replaying: Signer = { ...PHONE.signer, sign: () => Promise.resolve(kept[0] ?? new Uint8Array()) };
    const replayed = await meet({ token, holder: replaying });
    assert.equal(replayed.proven && codeOf(replayed.proven), 'PROOF_FORGED');
  });

  it('a charger is believed of a member alone, for its own outlet, while its certificate is good', async () => {
    const refusals: readonly [string, ChargerIdentity][] = [
      ['CHARGER_CERTIFICATE_FORGED', await charger({ certificate: await certified({}, { ...STRANGER, signer: { ...STRANGER.signer, kid: MEMBERS.issuers[1]?.kid ?? new Uint8Array() } }) })], // prettier-ignore
      ['CHARGER_OPERATOR_UNKNOWN', await charger({ certificate: await certified({}, STRANGER) })],
      [
        'CHARGER_CERTIFICATE_MALFORMED',
        await charger({ certificate: await sign1(new Uint8Array([1]), HOME.signer) }),
      ],
      ['CHALLENGE_FORGED', await charger({ signer: STRANGER.signer })],
      ['CHALLENGE_FORGED', await charger({ evseId: 'US*DUK*EOTHER' })],
      ['OTHER_CHARGER', await charger({ evseId: 'US*DUK*EOTHER', certificate: await certified({ evseId: 'US*DUK*EOTHER' }) })], // prettier-ignore
    ];
    for (const [code, identity] of refusals) assert.equal(codeOf((await meet({ identity })).met), code);
    const greeting = await greet(NODE_SUITE);
    const { reply } = unwrap(await answerHello(NODE_SUITE, await charger(), UPTIME, greeting.hello));
    for (const nowS of [MEMBERS.issuers[0]?.untilS ?? 0, (MEMBERS.issuers[0]?.fromS ?? 0) - 1])
      assert.equal(
        codeOf(await readChallengeOf(NODE_SUITE, greeting, reply, { ...TRUST, nowS })),
        'CHARGER_CERTIFICATE_OUT_OF_DATE',
      );
  });

  it('a challenge for another phone, or one that another protocol signed, is not believed', async () => {
    const [one, other] = [await greet(NODE_SUITE), await greet(NODE_SUITE)];
    const { reply } = unwrap(await answerHello(NODE_SUITE, await charger(), UPTIME, one.hello));
    assert.equal(codeOf(await readChallengeOf(NODE_SUITE, other, reply, TRUST)), 'CHALLENGE_NOT_OURS');
    const point = one.agreement.point;
    const helloHash = await NODE_SUITE.sha256(one.hello);
    const challenge = encodeChallenge({ evseId: EVSE_ID, ...UPTIME, point, helloHash });
    for (const [purpose, code] of [
      [CHALLENGE_PURPOSE, 'ok'],
      [new Uint8Array([1]), 'CHALLENGE_FORGED'],
    ] as const) {
      // prettier-ignore
      const message = encodeChallengeMessage(await sign1(challenge, CHARGER.signer, purpose), await certified());
      assert.equal(codeOf(await readChallengeOf(NODE_SUITE, one, message, TRUST)), code);
    }
  });

  it('whatever bit is altered on the way, nobody starts', async function () {
    this.timeout(60_000);
    const identity = await charger();
    const token = await aToken();
    const flipped = (bytes: Uint8Array, at: number): Uint8Array =>
      bytes.map((byte, place) => (place === at >> 3 ? byte ^ (1 << (at & 7)) : byte));
    const lengths = await meet({ identity, token });
    const sizes = [
      lengths.greeting?.hello.length ?? 0,
      lengths.challenged.reply.length,
      lengths.proof?.length ?? 0,
    ];
    for (const [which, length] of sizes.entries())
      for (let at = which; at < length * 8; at += 41) {
        const greeting = await greet(NODE_SUITE);
        const hello = which === 0 ? flipped(greeting.hello, at) : greeting.hello;
        const challenged = await answerHello(NODE_SUITE, identity, UPTIME, hello);
        if (!challenged.ok) continue;
        const reply = which === 1 ? flipped(challenged.value.reply, at) : challenged.value.reply;
        const met = await readChallengeOf(NODE_SUITE, greeting, reply, TRUST);
        if (!met.ok) continue;
        const proof = await prove(NODE_SUITE, met.value, token, PHONE.signer, START);
        const sent = which === 2 ? flipped(proof, at) : proof;
        assert.ok(
          !(await readProof(NODE_SUITE, challenged.value, MEMBERS, sent)).ok,
          `message ${which}, bit ${at}`,
        );
      }
  });

  it('a command that is none is refused, and so is energy that is none', async () => {
    const { met, challenged } = await meet();
    assert.ok(met.ok);
    const asked: readonly CborValue[] = [
      ['open'],
      ['start'],
      ['start', -1],
      ['start', 1.5],
      ['stop', 1],
      'start',
      null,
    ];
    for (const command of asked) {
      const greeting = await greet(NODE_SUITE);
      const again = unwrap(await answerHello(NODE_SUITE, await charger(), UPTIME, greeting.hello));
      const { channel } = unwrap(await readChallengeOf(NODE_SUITE, greeting, again.reply, TRUST));
      const proof = await channel.seal([3, command, await aToken(), new Uint8Array(64)]);
      assert.equal(codeOf(await readProof(NODE_SUITE, again, MEMBERS, proof)), 'PROOF_MALFORMED');
    }
    assert.ok(isBytes(listOf(challenged.reply)[1]));
  });
});
