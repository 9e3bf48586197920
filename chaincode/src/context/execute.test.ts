import assert from 'node:assert/strict';
import { bodyHash, canonicalJson, ledgerCommands, ledgerQueries } from '@roamgrid/wire';
import { contracts } from '../index.ts';
import { by, call, MSP, NOW_MS, utilityOf } from '../testing/parties.ts';
import { MemoryLedger } from '../testing/memory-ledger.ts';

const told = {
  caller: by('USALP', 'operator'),
  verb: 'consortium.registerUtility',
  command: { commandId: 'c-1', utility: utilityOf('USALP') },
};

describe('every command', () => {
  it('answers a receipt with the hash of its canonical text, however it was spelled', async () => {
    const ledger = new MemoryLedger();
    const { answer, text } = await ledger.submit(call(told));
    assert.deepEqual(answer, {
      commandId: 'c-1',
      inputHash: bodyHash(canonicalJson(told.command)),
      wrote: ['utility:USALP'],
    });
    const spaced = JSON.stringify(told.command, null, 2);
    const again = await ledger.submit({ ...call(told), command: spaced });
    assert.equal(again.text, text);
    assert.deepEqual(again.writes.public, {});
  });

  it('keeps its first answer under its organisation: another organisation may use the same id', async () => {
    const ledger = new MemoryLedger();
    await ledger.submit(call(told));
    assert.ok(ledger.state.has(`command:${MSP.USALP}:c-1`));
    const other = { ...told, caller: by('USDUK', 'operator') };
    const { writes } = await ledger.submit(
      call({ ...other, command: { commandId: 'c-1', utility: utilityOf('USDUK') } }),
    );
    assert.ok(writes.public[`command:${MSP.USDUK}:c-1`]);
  });

  it('refuses an id that was used with another content or for another verb', async () => {
    const ledger = new MemoryLedger();
    await ledger.submit(call(told));
    const changed = { commandId: 'c-1', utility: { ...utilityOf('USALP'), name: 'Other' } };
    assert.equal(await ledger.refusal(call({ ...told, command: changed })), 'CONFLICT');
    const verb = 'consortium.endAgreement';
    const command = { commandId: 'c-1', agreementId: 'a', version: 1 };
    assert.equal(await ledger.refusal(call({ ...told, verb, command })), 'CONFLICT');
  });

  it('refuses what is not one JSON argument of its schema, with the path', async () => {
    const ledger = new MemoryLedger();
    const base = { caller: told.caller, verb: told.verb, nowMs: NOW_MS };
    for (const command of ['', '{', 'null', '[]', '{"commandId":"c"}', '{"commandId":1}']) {
      assert.equal(await ledger.refusal({ ...base, command }), 'INVALID_ARGUMENT', command);
    }
    const wrong = { commandId: 'c-2', utility: { ...utilityOf('USALP'), validUntilMs: 'tomorrow' } };
    await assert.rejects(ledger.submit(call({ ...told, command: wrong })), {
      message: /^INVALID_ARGUMENT: command\.utility\.validUntilMs: /,
    });
  });
});

describe('every transaction', () => {
  const namesOf = (all: Readonly<Record<string, object>>) =>
    Object.entries(all).flatMap(([contract, verbs]) =>
      Object.keys(verbs).map((name) => `${contract}.${name}`),
    );
  const verbs = [...namesOf(ledgerCommands), ...namesOf(ledgerQueries)];
  /** The one transaction that asks for nothing in particular. */
  const PLAIN = 'consortium.getEndorsementClock';
  for (const verb of verbs) {
    it(`${verb} refuses what is no command of its own as INVALID_ARGUMENT`, async () => {
      const ledger = new MemoryLedger();
      const wrong = ['', 'x', 'null', '1', '"a"', '[]', '{"commandId":"c","__proto__":{}}'];
      for (const command of verb === PLAIN ? wrong : [...wrong, '{}']) {
        const refused = ledger.refusal({ caller: told.caller, verb, nowMs: NOW_MS, command });
        assert.equal(await refused, 'INVALID_ARGUMENT', command);
      }
    });
  }
});

describe('the contracts', () => {
  it('have every command and query of the wire, and no other transaction', () => {
    const own = (contract: object) =>
      Object.getOwnPropertyNames(Object.getPrototypeOf(contract)).filter((name) => name !== 'constructor');
    const made = contracts.map((Contract) => new Contract());
    assert.deepEqual(
      new Set(made.map((contract) => contract.getName())),
      new Set(Object.keys(ledgerCommands)),
    );
    for (const contract of made) {
      const name = contract.getName() as keyof typeof ledgerCommands;
      const expected = [...Object.keys(ledgerCommands[name]), ...Object.keys(ledgerQueries[name])];
      assert.deepEqual(own(contract).sort(), expected.sort(), name);
    }
  });

  it('keep no state: their objects have nothing but their name', () => {
    for (const Contract of contracts) {
      const names = Object.keys(new Contract()).filter((name) => !name.startsWith('__'));
      assert.deepEqual(names, ['name']);
    }
  });
});
