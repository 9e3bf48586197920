import assert from 'node:assert/strict';
import { unwrap } from '@roamgrid/domain';
import type { Command } from '../handshake/command.ts';
import { proofText } from '../handshake/messages.ts';
import { BEARER } from '../link/frames.ts';
import { LinkLost } from '../link/link.ts';
import type { CarriedRecord, Contact } from '../phone/contact.ts';
import { NODE_SUITE } from '../suite/node-suite.ts';
import {
  EVSE_ID,
  HOME,
  MEMBERS,
  newKeys,
  NOW_S,
  PHONE,
  short,
  STRANGER,
  TOKEN,
  VISITED,
} from '../testing/consortium.ts';
import { Power } from '../testing/cut-flash.ts';
import { Park } from '../testing/park.ts';
import { issueChargeToken } from '../token/charge-token.ts';
import { signIssuerList } from '../token/issuer-list.ts';
import { signReceipt, signTimeWord } from './utility-words.ts';

const START: Command = { kind: 'start', energyWh: 6_850n };
const STOP: Command = { kind: 'stop' };
const COLLECT: Command = { kind: 'collect' };
interface Outcome {
  readonly ok: boolean;
  readonly error?: { readonly code: string };
}
const codeOf = (result: Outcome): string => result.error?.code ?? 'ok';
/** `ROAMGRID_OFFLINE_WHOLE=1` for each byte and a thousand contacts. */
const isWhole = process.env['ROAMGRID_OFFLINE_WHOLE'] === '1';
const CONTACTS = isWhole ? 1_000 : 60;
const CUT_EVERY = isWhole ? 1 : 40;
const POWER_EVERY = isWhole ? 1 : 37;
const answered = ({ answer }: Contact) => Promise.resolve(answer);
const nothing = () => Promise.resolve();
const park = async (capacity?: number): Promise<Park> => {
  const here = new Park(capacity);
  await here.start();
  return here;
};
/** Takes all records of a contact. */
const taking =
  (into: CarriedRecord[]) =>
  async (contact: { take(keep: (record: CarriedRecord) => Promise<void>): Promise<number> }) => {
    await contact.take((record) => {
      into.push(record);
      return Promise.resolve();
    });
  };
/** Another phone, whose token is for this outlet too. */
const otherPhone = async (here: Park) => {
  const keys = newKeys();
  const token = { ...TOKEN, tokenId: NODE_SUITE.random(16), holder: short(keys.key) };
  return here.carried({ token: await issueChargeToken(token, HOME.signer), holder: keys.signer });
};

describe('a charger without network', function () {
  this.timeout(isWhole ? 0 : 60_000);

  it('starts, charges, stops, hands over and lets the cable go', async () => {
    const here = await park();
    const mine = await here.carried();
    const started = unwrap(await here.meet(mine, START, answered));
    assert.deepEqual(started, [EVSE_ID, NOW_S, TOKEN.expiresS, 1, 6_850, 2_200_000]);
    here.outlet.flow(5_000n);
    const records: CarriedRecord[] = [];
    const stopped = unwrap(
      await here.meet(mine, STOP, async (contact) => {
        assert.ok(here.outlet.isLocked, 'not before the record is taken');
        await taking(records)(contact);
        return contact.answer;
      }),
    );
    assert.deepEqual(stopped, [1, 5_000, 1_600_000, 'stopped']);
    assert.ok(!here.outlet.isLocked);
    assert.equal(here.outlet.on, undefined);
    const [record] = records;
    const read = record && (await here.read(record));
    assert.equal(read?.facts.energyWh, 5_000n);
    assert.equal(read.facts.registerMilliWh, 5_000_000n);
    assert.deepEqual(
      [read.facts.temperatureDeciC, read.facts.humidityPermille, read.facts.isPlugged],
      [215, 480, true],
    );
    // Whoever reads it sees that the holder of the token asked for this.
    const text = proofText(read.evidence.transcript, await NODE_SUITE.sha256(read.evidence.token), [
      'start',
      6_850,
    ]);
    assert.ok(await NODE_SUITE.verify(PHONE.key, text, read.evidence.signature));
  });

  it('starts nothing twice by a token, nor for a phone that does not hold its key', async () => {
    const here = await park();
    const mine = await here.carried();
    unwrap(await here.meet(mine, START, nothing));
    unwrap(await here.meet(mine, STOP, nothing));
    assert.equal(codeOf(await here.meet(mine, START, nothing)), 'TOKEN_SPENT');
    const thief = await here.carried({ holder: STRANGER.signer });
    assert.equal(codeOf(await here.meet(thief, START, nothing)), 'PROOF_FORGED');
    assert.deepEqual(here.outlet.begun, [1]);
  });

  it('answers the phone that started again when its answer was lost, and nobody else', async () => {
    const here = await park();
    const [mine, theirs] = [await here.carried(), await otherPhone(here)];
    unwrap(await here.meet(mine, START, nothing));
    assert.equal(unwrap(await here.meet(mine, START, answered))[3], 1);
    assert.equal(codeOf(await here.meet(theirs, START, nothing)), 'IN_USE');
    assert.equal(codeOf(await here.meet(theirs, STOP, nothing)), 'NOT_YOURS');
    here.outlet.isPlugged = false;
    unwrap(await here.meet(mine, STOP, nothing));
    assert.equal(codeOf(await here.meet(theirs, START, nothing)), 'NOT_PLUGGED');
    assert.equal(codeOf(await here.meet(theirs, STOP, nothing)), 'NOTHING_RUNS');
  });

  it('serves two phones that are there at once one after the other', async () => {
    const here = await park();
    // A chip takes its time to write.
    const { memory } = here.flash;
    const write = memory.replace.bind(memory);
    memory.replace = async (bytes) => {
      for (let at = 0; at < 20; at += 1) await new Promise((later) => setImmediate(later));
      await write(bytes);
    };
    const phones = await Promise.all(Array.from({ length: 3 }, () => otherPhone(here)));
    const codes = await Promise.all(phones.map(async (one) => codeOf(await here.meet(one, START, nothing))));
    assert.deepEqual(codes.sort(), ['IN_USE', 'IN_USE', 'ok']);
    assert.deepEqual(here.outlet.begun, [1]);
    here.outlet.flow(100n);
    // The hour is over, the plug is pulled and nobody waits for the other.
    await Promise.all([here.charger.end('time'), here.charger.end('unplugged'), here.charger.tick()]);
    const records: CarriedRecord[] = [];
    unwrap(await here.meet(await otherPhone(here), COLLECT, taking(records)));
    assert.equal(records.length, 1);
  });

  it('ends a session when its hour is over, with no phone near, and lets the cable go after a while', async () => {
    const here = await park();
    unwrap(await here.meet(await here.carried(), START, nothing));
    here.outlet.flow(1_000n);
    here.time.nowMs = (TOKEN.expiresS - NOW_S) * 1_000 - 1;
    await here.charger.tick();
    assert.equal(here.charger.running, 1);
    here.time.nowMs += 1;
    await here.charger.tick();
    assert.equal(here.charger.running, undefined);
    assert.ok(here.outlet.isLocked);
    here.time.nowMs += 30_000;
    await here.charger.tick();
    assert.ok(!here.outlet.isLocked);
  });

  it('holds the cable of a session that began right after another', async () => {
    const here = await park();
    unwrap(await here.meet(await here.carried(), START, nothing));
    here.outlet.flow(1_000n);
    await here.charger.end('time');
    const theirs = await otherPhone(here);
    unwrap(await here.meet(theirs, START, nothing));
    here.time.nowMs += 30_000;
    await here.charger.tick();
    assert.ok(here.outlet.isLocked, 'the time of the one before is over');
    unwrap(await here.meet(await otherPhone(here), COLLECT, taking([])));
    assert.ok(here.outlet.isLocked, 'its record is taken');
    unwrap(await here.meet(theirs, STOP, taking([])));
    assert.ok(!here.outlet.isLocked);
  });

  it('keeps a record until its utility says that it is booked, whoever carried it', async () => {
    const here = await park();
    unwrap(await here.meet(await here.carried(), START, nothing));
    here.outlet.flow(1_000n);
    await here.charger.end('unplugged');
    const theirs = await otherPhone(here);
    const [first, second, third]: CarriedRecord[][] = [[], [], []];
    for (const into of [first, second]) unwrap(await here.meet(theirs, COLLECT, taking(into ?? [])));
    assert.deepEqual([first?.map(({ number }) => number), second], [[1], first]);
    const forged = await signReceipt(
      { evseId: EVSE_ID, numbers: [1] },
      { ...STRANGER.signer, kid: VISITED.kid },
    );
    const elsewhere = await signReceipt({ evseId: 'US*DUK*EOTHER', numbers: [1] }, VISITED.signer);
    const receipt = await signReceipt({ evseId: EVSE_ID, numbers: [1, 2] }, VISITED.signer);
    const given = unwrap(
      await here.meet(theirs, COLLECT, async (contact) => [
        codeOf(await contact.give('receipt', forged)),
        codeOf(await contact.give('receipt', elsewhere)),
        codeOf(await contact.give('receipt', receipt)),
      ]),
    );
    assert.deepEqual(given, ['WORD_NOT_OF_OPERATOR', 'WORD_FOR_OTHER_CHARGER', 'ok']);
    unwrap(await here.meet(theirs, COLLECT, taking(third ?? [])));
    assert.deepEqual(third, []);
  });

  it('begins no session when it has no room for its record', async () => {
    const here = await park(2);
    for (let at = 0; at < 2; at += 1) {
      const one = await otherPhone(here);
      unwrap(await here.meet(one, START, nothing));
      here.outlet.flow(10n);
      unwrap(await here.meet(one, STOP, nothing));
    }
    const late = await otherPhone(here);
    assert.equal(codeOf(await here.meet(late, START, nothing)), 'VAULT_FULL');
    const receipt = await signReceipt({ evseId: EVSE_ID, numbers: [1] }, VISITED.signer);
    unwrap(await here.meet(late, COLLECT, (contact) => contact.give('receipt', receipt)));
    unwrap(await here.meet(late, START, nothing));
  });

  it('knows the time by signed words alone, and starts nothing while it does not', async () => {
    const here = await park();
    here.batteryS = undefined;
    await here.start();
    const mine = await here.carried();
    assert.equal(codeOf(await here.meet(mine, START, nothing)), 'CLOCK_LOST');
    // A list is signed with its time, but how old it is nobody says.
    const list = await signIssuerList({ ...MEMBERS, version: 8, madeAtS: NOW_S }, VISITED.signer);
    unwrap(await here.meet(mine, COLLECT, (contact) => contact.give('issuers', list)));
    assert.equal(codeOf(await here.meet(mine, START, nothing)), 'CLOCK_LOST');
    const word = (changes: object) =>
      signTimeWord(
        {
          evseId: EVSE_ID,
          bootCounter: here.charger.bootCounter,
          monotonicMs: here.time.nowMs,
          atS: NOW_S,
          ...changes,
        },
        VISITED.signer,
      );
    const given = async (changes: object): Promise<string> => {
      const signed = await word(changes);
      return codeOf(await here.meet(mine, COLLECT, (contact) => contact.give('time', signed)).then(unwrap));
    };
    assert.equal(await given({ bootCounter: 1 }), 'WORD_FOR_OTHER_CHARGER');
    const early = await word({});
    here.time.nowMs += 60_001;
    assert.equal(
      codeOf(unwrap(await here.meet(mine, COLLECT, (contact) => contact.give('time', early)))),
      'WORD_TOO_LATE',
    );
    assert.equal(await given({}), 'ok');
    unwrap(await here.meet(mine, START, nothing));
  });

  it('starts once however bad the air is, or not at all', async () => {
    const here = await park(CONTACTS);
    let started = 0;
    for (let at = 0; at < CONTACTS; at += 1) {
      const frameBytes = [BEARER.gattLeast, BEARER.gattUsual, BEARER.isoDep][at % 3] ?? BEARER.isoDep;
      const air = { frameBytes, loss: 0.2, doubled: 0.2, leastMs: 5, spreadMs: 80 };
      const before = here.outlet.begun.length;
      const result = await here
        .meet(await otherPhone(here), START, nothing, air, at)
        .catch((error: unknown) => error);
      const isStarted = here.outlet.begun.length === before + 1;
      // The phone knows that it started, or knows that it does not know.
      if (result instanceof Error) assert.ok(result instanceof LinkLost, String(result));
      else assert.ok(isStarted);
      started += isStarted ? 1 : 0;
      await here.charger.end('unplugged');
    }
    assert.ok(started > CONTACTS * 0.9, `${started} of ${CONTACTS}`);
  });

  it('whenever the phone is taken away, the next contact goes on: one session', async () => {
    const whole = await park();
    await whole.meet(await whole.carried(), START, nothing, { frameBytes: 100 });
    const bytes = whole.sentBytes;
    for (let cut = 0; cut < bytes; cut += CUT_EVERY) {
      const here = await park();
      const mine = await here.carried();
      await here
        .meet(mine, START, nothing, { frameBytes: 100, cutAfterBytes: cut })
        .catch((error: unknown) => {
          assert.ok(error instanceof LinkLost, String(error));
        });
      const answer: Contact['answer'] = unwrap(await here.meet(mine, START, answered));
      assert.equal(answer[3], 1, `cut after ${cut} bytes`);
      assert.deepEqual(here.outlet.begun, [1]);
    }
  });

  it('whenever power goes, at whatever byte that is written, every session is on record once and no token works twice', async () => {
    let cut = 1;
    for (let isCut = true; isCut; cut += POWER_EVERY) {
      const here = new Park();
      const power = new Power(cut);
      const records: CarriedRecord[] = [];
      const mine = await here.carried();
      const life = async (): Promise<void> => {
        unwrap(await here.meet(mine, START, nothing));
        here.outlet.flow(2_000n);
        unwrap(await here.meet(mine, STOP, taking(records)));
        const receipt = await signReceipt({ evseId: EVSE_ID, numbers: [1] }, VISITED.signer);
        unwrap(await here.meet(mine, COLLECT, (contact) => contact.give('receipt', receipt)));
      };
      await here.start();
      for (const flash of Object.values(here.flash)) flash.power = power;
      isCut = await life().then(
        () => false,
        () => true,
      );
      // Power comes back; whatever was under way is finished, and the phone tries again.
      await here.start();
      assert.equal(here.outlet.on, undefined, `cut after ${cut}`);
      const had = here.outlet.begun.length;
      const retry: Outcome = await here.meet(mine, START, nothing);
      if (here.outlet.registerWh > 0n) assert.equal(codeOf(retry), 'TOKEN_SPENT', `cut after ${cut}`);
      else assert.ok(retry.ok, `nothing flowed, cut after ${cut}: ${codeOf(retry)}`);
      here.outlet.flow(had === 0 ? 2_000n : 0n);
      await here.charger.end('unplugged');
      await here.start();
      assert.equal(
        codeOf(await here.meet(mine, START, nothing)),
        'TOKEN_SPENT',
        `cut after ${cut}, and started again`,
      );
      unwrap(await here.meet(await otherPhone(here), COLLECT, taking(records)));
      const byNumber = new Map(
        await Promise.all(records.map(async (one) => [one.number, await here.read(one)] as const)),
      );
      const sum = [...byNumber.values()].reduce((all, one) => all + (one?.facts.energyWh ?? 0n), 0n);
      assert.equal(sum, here.outlet.registerWh, `cut after ${cut}: what the meter counted is on record once`);
    }
    assert.ok(cut > 900, `${cut} bytes are written in the life of a session`);
  });
});
