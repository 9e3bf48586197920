import assert from 'node:assert/strict';
import { utilityRecord, type JsonValue, type UtilityRecord } from '@roamgrid/wire';
import { MemoryLedger } from '../../testing/memory-ledger.ts';
import {
  ballot,
  by,
  call,
  DAY_MS,
  MSP,
  NOW_MS,
  proposal,
  registration,
  station,
  tariffVersion,
  utilityOf,
  utilityRecordOf,
  type Utility,
} from '../../testing/parties.ts';
import { amend, but } from '../../testing/prepared.ts';

type Over = Readonly<Record<string, JsonValue>>;

/** The ledger after so many of the three utilities were admitted, one after the other. */
const withMembers = async (members: readonly Utility[]): Promise<MemoryLedger> => {
  const ledger = new MemoryLedger();
  for (const [index, member] of members.entries()) {
    await ledger.submit(call(registration(member)));
    for (const voter of members.slice(0, index)) {
      if (recordOf(ledger, member).status === 'applied') await ledger.submit(call(ballot(voter, member)));
    }
  }
  return ledger;
};
const recordOf = (ledger: MemoryLedger, utility: Utility): UtilityRecord =>
  utilityRecord.parse(JSON.parse(ledger.state.get(`utility:${utility}`) ?? 'null'));
const vote = (ledger: MemoryLedger, voter: Utility, subject: Utility, over: Over = {}) =>
  ledger.submit(call(ballot(voter, subject, over)));
const refusal = (ledger: MemoryLedger, voter: Utility, subject: Utility, over: Over = {}) =>
  ledger.refusal(call(ballot(voter, subject, over)));

const THREE = ['USALP', 'USDUK', 'USGPC'] as const;

describe('consortium.vote on an application', () => {
  it('admits with the vote that makes more than half of the members, and not before', async () => {
    const ledger = await withMembers(['USALP', 'USDUK']);
    await ledger.submit(call(registration('USGPC')));
    const first = await vote(ledger, 'USALP', 'USGPC');
    const key = `vote:USGPC:admit:00000001:${MSP.USALP}`;
    assert.deepEqual(first.writes.public[key], {
      type: 'vote',
      version: 1,
      utilityId: 'USGPC',
      decision: 'admit',
      onVersion: 1,
      mspId: MSP.USALP,
      yes: true,
      votedAtMs: NOW_MS,
    });
    assert.equal(first.writes.public['utility:USGPC'], undefined);
    const decided = await ledger.submit(but(ballot('USDUK', 'USGPC'), { nowMs: NOW_MS + 5 }));
    assert.deepEqual(decided.writes.public['utility:USGPC'], {
      ...utilityRecordOf('USGPC'),
      version: 2,
      statusFromMs: NOW_MS + 5,
      statusVersion: 2,
    });
  });

  it('counts an organisation once, by what it said last', async () => {
    const ledger = await withMembers(['USALP', 'USDUK']);
    await ledger.submit(call(registration('USGPC')));
    for (const yes of [true, true, false]) await vote(ledger, 'USALP', 'USGPC', { yes });
    await vote(ledger, 'USDUK', 'USGPC');
    assert.equal(recordOf(ledger, 'USGPC').status, 'applied');
    await vote(ledger, 'USALP', 'USGPC');
    assert.equal(recordOf(ledger, 'USGPC').status, 'active');
  });

  it('is not for the applicant, other roles, other applicants, or who is suspended or out of its time', async () => {
    const ledger = await withMembers(['USALP', 'USDUK']);
    await ledger.submit(call(registration('USGPC')));
    const told = ballot('USALP', 'USGPC');
    assert.equal(await refusal(ledger, 'USGPC', 'USGPC'), 'FORBIDDEN');
    assert.equal(await ledger.refusal(but(told, { caller: by('USALP', 'aaa') })), 'FORBIDDEN');
    assert.equal(await ledger.refusal(but(told, { nowMs: NOW_MS + 365 * DAY_MS })), 'FORBIDDEN');
    amend(ledger, 'utility:USALP', { status: 'suspended' });
    assert.equal(await ledger.refusal(call(told)), 'FORBIDDEN');
  });

  it('does not count who has been suspended since', async () => {
    const ledger = await withMembers(['USALP', 'USDUK']);
    await ledger.submit(call(registration('USGPC')));
    await vote(ledger, 'USALP', 'USGPC');
    amend(ledger, 'utility:USALP', { status: 'suspended' });
    await vote(ledger, 'USDUK', 'USGPC', { yes: false });
    assert.equal(recordOf(ledger, 'USGPC').status, 'applied');
    await vote(ledger, 'USDUK', 'USGPC');
    assert.equal(recordOf(ledger, 'USGPC').status, 'active');
  });

  it('begins anew with another application, and admits exactly what was voted on', async () => {
    const ledger = await withMembers(['USALP', 'USDUK']);
    await ledger.submit(call(registration('USGPC')));
    await vote(ledger, 'USALP', 'USGPC');
    const utility = { ...utilityOf('USGPC'), aaaUrl: 'https://elsewhere.example' };
    await ledger.submit(but(registration('USGPC'), { command: { utility } }));
    assert.equal(await refusal(ledger, 'USDUK', 'USGPC'), 'CONFLICT');
    await vote(ledger, 'USDUK', 'USGPC', { version: 2 });
    assert.equal(recordOf(ledger, 'USGPC').status, 'applied');
  });

  it('is about somebody, and about what there is to decide', async () => {
    const ledger = await withMembers(['USALP', 'USDUK']);
    assert.equal(await refusal(ledger, 'USALP', 'USGPC'), 'NOT_FOUND');
    assert.equal(await refusal(ledger, 'USALP', 'USDUK'), 'WRONG_STATE');
    for (const decision of ['reinstate', 'issuer']) {
      assert.equal(await refusal(ledger, 'USALP', 'USDUK', { decision, version: 2 }), 'WRONG_STATE');
    }
    await ledger.submit(call(registration('USGPC')));
    assert.equal(await refusal(ledger, 'USALP', 'USGPC', { decision: 'suspend' }), 'WRONG_STATE');
  });
});

describe('consortium.vote on a member', () => {
  const suspend = { decision: 'suspend', version: 2 };

  it('suspends from its instant on, by more than half of the others', async () => {
    const ledger = await withMembers(THREE);
    await vote(ledger, 'USALP', 'USDUK', suspend);
    assert.equal(recordOf(ledger, 'USDUK').status, 'active');
    await ledger.submit(but(ballot('USGPC', 'USDUK', suspend), { nowMs: NOW_MS + 5 }));
    const { status, statusFromMs, statusVersion } = recordOf(ledger, 'USDUK');
    assert.deepEqual([status, statusFromMs, statusVersion], ['suspended', NOW_MS + 5, 3]);
  });

  it('leaves the suspended one nothing to begin', async () => {
    const ledger = await withMembers(THREE);
    for (const voter of ['USALP', 'USGPC'] as const) await vote(ledger, voter, 'USDUK', suspend);
    const own = { caller: by('USDUK', 'operator') };
    const begun = [
      { ...own, verb: 'consortium.registerStation', command: { station: station() } },
      { ...own, verb: 'tariff.publish', command: { tariff: tariffVersion(1) } },
      proposal(),
    ];
    for (const parts of begun) assert.equal(await ledger.refusal(call(parts)), 'WRONG_STATE', parts.verb);
    assert.equal(await ledger.refusal(call(registration('USDUK'))), 'ok');
  });

  it('is no matter for the one whom it concerns', async () => {
    assert.equal(await refusal(await withMembers(THREE), 'USDUK', 'USDUK', suspend), 'FORBIDDEN');
  });

  it('never suspends by one vote, however few the members', async () => {
    const ledger = await withMembers(['USALP', 'USDUK']);
    await vote(ledger, 'USALP', 'USDUK', suspend);
    assert.equal(recordOf(ledger, 'USDUK').status, 'active');
  });

  it('cannot be shaken off by registering again', async () => {
    const ledger = await withMembers(THREE);
    await vote(ledger, 'USALP', 'USDUK', suspend);
    await ledger.submit(call(registration('USDUK')));
    await vote(ledger, 'USGPC', 'USDUK', suspend);
    assert.equal(recordOf(ledger, 'USDUK').status, 'suspended');
  });

  it('reinstates, and what was voted before counts no more', async () => {
    const ledger = await withMembers(THREE);
    await vote(ledger, 'USALP', 'USDUK', suspend);
    await vote(ledger, 'USGPC', 'USDUK', suspend);
    const reinstate = { decision: 'reinstate', version: 3 };
    assert.equal(await refusal(ledger, 'USDUK', 'USDUK', reinstate), 'FORBIDDEN');
    await vote(ledger, 'USALP', 'USDUK', reinstate);
    await vote(ledger, 'USGPC', 'USDUK', reinstate);
    assert.deepEqual([recordOf(ledger, 'USDUK').status, recordOf(ledger, 'USDUK').version], ['active', 4]);
    assert.equal(await refusal(ledger, 'USALP', 'USDUK', suspend), 'CONFLICT');
    await vote(ledger, 'USALP', 'USDUK', { ...suspend, version: 4 });
    assert.equal(recordOf(ledger, 'USDUK').status, 'active');
  });
});

describe('consortium.vote on an issuer', () => {
  const wanted = { oidcIssuer: 'https://new.example', aaaUrl: 'https://new.example/roaming' };
  const ask = (over: Over = {}) =>
    but(registration('USDUK'), { command: { utility: { ...utilityOf('USDUK'), ...wanted, ...over } } });
  const issuer = { decision: 'issuer', version: 3 };

  it('puts the asked addresses in place, and they are the present ones no sooner', async () => {
    const ledger = await withMembers(THREE);
    await ledger.submit(ask({ name: 'Duke' }));
    const before = recordOf(ledger, 'USDUK');
    assert.deepEqual(
      [before.oidcIssuer, before.aaaUrl],
      [utilityOf('USDUK')['oidcIssuer'], utilityOf('USDUK')['aaaUrl']],
    );
    assert.deepEqual([before.name, before.pendingIssuer], ['Duke', { ...wanted, version: 3 }]);
    await vote(ledger, 'USDUK', 'USDUK', issuer);
    assert.deepEqual(recordOf(ledger, 'USDUK'), before);
    await vote(ledger, 'USALP', 'USDUK', issuer);
    const after = recordOf(ledger, 'USDUK');
    assert.deepEqual([after.oidcIssuer, after.aaaUrl], [wanted.oidcIssuer, wanted.aaaUrl]);
    assert.deepEqual([after.pendingIssuer, after.version, after.statusVersion], [undefined, 4, 2]);
  });

  it('is about the addresses that were asked for when the vote was cast', async () => {
    const ledger = await withMembers(THREE);
    await ledger.submit(ask());
    await vote(ledger, 'USALP', 'USDUK', issuer);
    await ledger.submit(ask());
    assert.equal(recordOf(ledger, 'USDUK').pendingIssuer?.version, 3);
    await ledger.submit(ask({ aaaUrl: 'https://other.example' }));
    assert.equal(await refusal(ledger, 'USGPC', 'USDUK', issuer), 'CONFLICT');
    await vote(ledger, 'USGPC', 'USDUK', { ...issuer, version: 5 });
    assert.equal(recordOf(ledger, 'USDUK').aaaUrl, utilityOf('USDUK')['aaaUrl']);
  });

  it('is over when the utility asks for its present addresses', async () => {
    const ledger = await withMembers(THREE);
    await ledger.submit(ask());
    await ledger.submit(call(registration('USDUK')));
    assert.equal(await refusal(ledger, 'USALP', 'USDUK', issuer), 'WRONG_STATE');
  });
});
