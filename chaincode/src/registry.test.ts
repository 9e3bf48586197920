import assert from 'node:assert/strict';
import { CommitError } from '@hyperledger/fabric-gateway';
import {
  agreementRecord,
  commandReceipt,
  stateKey,
  stationRecord,
  utilityRecord,
  voteRecord,
  type JsonValue,
  type UtilityRecord,
} from '@roamgrid/wire';
import { z } from 'zod';
import { decode } from './context/index.ts';
import { LiveLedger, refusalOf } from './testing/live-ledger.ts';
import {
  AGREEMENT_ID,
  ballot,
  by,
  call,
  DAY_MS,
  END_NOTICE_MS,
  EVSE_ID,
  KEYS,
  MSP,
  NOW_MS,
  proposal,
  registration,
  sealedTerms,
  station,
  STATION_ID,
  TARIFF_ID,
  tariffVersion,
  utilityOf,
  type Utility,
} from './testing/parties.ts';

const BOTH = [MSP.USALP, MSP.USDUK];
type Parts = Parameters<typeof call>[0];

/** The registry's rules as two organisations' peers endorse them; the story goes on from test to test. */
describe('the registry on a ledger', function () {
  this.timeout(120_000);
  let ledger: LiveLedger;

  before(async () => {
    ledger = await LiveLedger.start();
    for (const utilityId of ['USALP', 'USDUK', 'USGPC'] as const) await tell(registration(utilityId));
  });
  after(() => ledger.stop());

  const tell = (parts: Parts) => ledger.submit(call(parts), BOTH);
  const refusal = (parts: Parts) => refusalOf(tell(parts));
  const read = <S extends z.ZodType>(schema: S, verb: string, command: JsonValue): Promise<z.output<S>> =>
    ledger
      .evaluate({ caller: by('USALP', 'auditor'), verb: `consortium.${verb}`, command })
      .then((found) => decode(schema, found, verb));
  const utility = (utilityId: Utility): Promise<UtilityRecord> =>
    read(utilityRecord, 'getUtility', { utilityId });
  const reRegister = (utilityId: Utility, over: Readonly<Record<string, JsonValue>>): Parts => ({
    ...registration(utilityId),
    command: { utility: { ...utilityOf(utilityId), ...over } },
  });
  const votesOn = async (subject: Utility, decision: string, voters: readonly Utility[]): Promise<void> => {
    const { statusVersion, pendingIssuer } = await utility(subject);
    const version = decision === 'issuer' ? (pendingIssuer?.version ?? 0) : statusVersion;
    for (const voter of voters) await tell(ballot(voter, subject, { decision, version }));
  };
  const asMember = (utilityId: Utility): readonly Parts[] => {
    const caller = by(utilityId, 'operator');
    const tariff = { ...tariffVersion(1), utilityId, tariffId: `${utilityId}-own` };
    const evseId = `US*${utilityId.slice(2)}*E0001*1`;
    const meterKey = { ...KEYS.meter.jwk };
    const site = { ...station(), utilityId, evses: [{ evseId, meterId: 'M1', meterKey, maxPowerW: '1' }] };
    return [
      { caller, verb: 'consortium.registerStation', command: { station: site } },
      { caller, verb: 'tariff.publish', command: { tariff } },
      { ...proposal({ agreementId: `alp-${utilityId}`, parties: ['USALP', utilityId] }), caller },
    ];
  };
  const refusalsAsMember = async (utilityId: Utility): Promise<readonly string[]> => {
    const codes: string[] = [];
    for (const parts of asMember(utilityId)) codes.push(await refusal(parts));
    return codes;
  };
  const NOTHING = ['WRONG_STATE', 'WRONG_STATE', 'WRONG_STATE'];

  it('makes the channel’s very first utility a member, and lets an applicant do nothing', async () => {
    const statuses = [];
    for (const utilityId of ['USALP', 'USDUK', 'USGPC'] as const)
      statuses.push((await utility(utilityId)).status);
    assert.deepEqual(statuses, ['active', 'applied', 'applied']);
    assert.deepEqual(await refusalsAsMember('USDUK'), NOTHING);
  });

  it('counts no vote of who is no member', async () => {
    // Only asked, not submitted: were it taken, it would admit.
    for (const subject of ['USDUK', 'USGPC'] as const) {
      const asked = ledger.evaluate(call(ballot('USDUK', subject)));
      assert.equal(await refusalOf(asked), 'FORBIDDEN', subject);
    }
  });

  it('admits with more than half of the members', async () => {
    await votesOn('USDUK', 'admit', ['USALP']);
    assert.equal((await utility('USDUK')).status, 'active');
    await votesOn('USGPC', 'admit', ['USALP']);
    assert.equal((await utility('USGPC')).status, 'applied');
  });

  it('suspends nobody by one vote alone', async () => {
    const { statusVersion: version } = await utility('USDUK');
    // Only asked, not submitted: were it enough, it would suspend.
    const asked = await ledger.evaluate(call(ballot('USALP', 'USDUK', { decision: 'suspend', version })));
    const { wrote } = decode(commandReceipt, asked, 'receipt');
    assert.deepEqual(wrote, [stateKey.vote('USDUK', 'suspend', version, MSP.USALP)]);
  });

  it('takes no vote that one organisation alone endorses', async () => {
    const told = call(ballot('USDUK', 'USGPC'));
    const invalid = (error: unknown) =>
      error instanceof CommitError && /ENDORSEMENT_POLICY_FAILURE/.test(error.message);
    await assert.rejects(ledger.submit(told, [MSP.USDUK]), invalid);
    assert.equal((await utility('USGPC')).status, 'applied');
  });

  it('gives a prefix to the organisation that is admitted, not to the one that asked first', async () => {
    const squatted = {
      ...registration('USDUK'),
      command: { utility: { ...utilityOf('USDUK'), utilityId: 'USTVA' } },
    };
    const application = (utilityId: Utility) => ({ ...squatted, caller: by(utilityId, 'operator') });
    await tell(application('USGPC'));
    await tell(application('USDUK'));
    const stands = await utility('USTVA' as Utility);
    assert.deepEqual([stands.mspId, stands.status, stands.version], [MSP.USDUK, 'applied', 2]);
    assert.equal(await refusal(ballot('USALP', 'USTVA' as Utility, { version: 1 })), 'CONFLICT');
    await votesOn('USTVA' as Utility, 'admit', ['USALP', 'USDUK']);
    assert.equal((await utility('USTVA' as Utility)).status, 'active');
    assert.equal(await refusal(application('USGPC')), 'FORBIDDEN');
  });

  it('counts two votes that are cast at once', async () => {
    const { statusVersion: version } = await utility('USGPC');
    const votes = (['USALP', 'USDUK'] as const).map((voter) => call(ballot(voter, 'USGPC', { version })));
    const settled = await Promise.allSettled(votes.map((told) => ledger.submit(told, BOTH)));
    for (const [index, each] of settled.entries()) {
      if (each.status === 'fulfilled') continue;
      assert.ok(each.reason instanceof CommitError, String(each.reason));
      const told = votes[index];
      assert.ok(told);
      await ledger.submit(told, BOTH);
    }
    assert.equal((await utility('USGPC')).status, 'active');
    const page = z.strictObject({ records: z.array(voteRecord), bookmark: z.string() });
    const { records } = await read(page, 'listVotes', { utilityId: 'USGPC', pageSize: 10, bookmark: '' });
    assert.deepEqual(records.map(({ mspId }) => mspId).sort(), [MSP.USALP, MSP.USDUK]);
  });

  it('changes a member’s issuer by vote alone', async () => {
    const wanted = { oidcIssuer: 'https://stolen.example', aaaUrl: 'https://stolen.example/roaming' };
    await tell(reRegister('USGPC', { ...wanted, name: 'Georgia Power' }));
    const asked = await utility('USGPC');
    assert.deepEqual([asked.name, asked.aaaUrl], ['Georgia Power', utilityOf('USGPC')['aaaUrl']]);
    await votesOn('USGPC', 'issuer', ['USGPC']);
    assert.equal((await utility('USGPC')).aaaUrl, utilityOf('USGPC')['aaaUrl']);
    await votesOn('USGPC', 'issuer', ['USALP']);
    const { aaaUrl, oidcIssuer, pendingIssuer } = await utility('USGPC');
    assert.deepEqual([{ aaaUrl, oidcIssuer }, pendingIssuer], [wanted, undefined]);
  });

  it('keeps the keys that counted before, and no kid ever names two', async () => {
    const next = { ...KEYS.stranger.jwk, kid: 'gpc-2' };
    const [former] = (await utility('USGPC')).signingKeys;
    await tell(reRegister('USGPC', { signingKeys: [next] }));
    const [ended, present] = (await utility('USGPC')).signingKeys;
    assert.ok(former && ended && present);
    assert.deepEqual([ended.kid, ended.fromMs], [former.kid, former.fromMs]);
    assert.deepEqual([present.kid, present.fromMs, present.untilMs], ['gpc-2', ended.untilMs, undefined]);
    const reused = { ...next, kid: former.kid };
    assert.equal(await refusal(reRegister('USGPC', { signingKeys: [reused] })), 'CONFLICT');
  });

  it('keeps outlets and meters that are gone', async () => {
    const told = { caller: by('USDUK', 'operator'), verb: 'consortium.registerStation' };
    await tell({ ...told, command: { station: station() } });
    const meterKey = { ...KEYS.stranger.jwk };
    const evses = [{ evseId: 'US*DUK*E0002*1', meterId: 'M2', meterKey, maxPowerW: '1' }];
    await tell({ ...told, command: { station: { ...station(), evses } } });
    const { evses: kept } = await read(stationRecord, 'getStation', {
      utilityId: 'USDUK',
      stationId: STATION_ID,
    });
    const gone = kept.find(({ evseId }) => evseId === EVSE_ID);
    assert.ok(gone?.removedAtMs !== undefined);
    assert.deepEqual([gone.meterKeys[0]?.kid, gone.meterKeys[0]?.untilMs], ['duk-meter-1', gone.removedAtMs]);
    await tell({ ...told, command: { station: station() } });
  });

  it('takes a meter on any curve of OCMF, and none on another', async () => {
    const told = { caller: by('USDUK', 'operator'), verb: 'consortium.registerStation' };
    const evseOf = (meterKey: Record<string, string>) => ({
      command: {
        station: {
          ...station(),
          evses: [{ evseId: 'US*DUK*E0003*1', meterId: 'M3', meterKey, maxPowerW: '1' }],
        },
      },
    });
    const coordinate = (bytes: number) => 'A'.repeat((bytes * 4) / 3);
    const brainpool = { kty: 'EC', crv: 'brainpoolP384r1', x: coordinate(48), y: coordinate(48), kid: 'm3' };
    await tell({ ...told, ...evseOf(brainpool) });
    const { evses } = await read(stationRecord, 'getStation', { utilityId: 'USDUK', stationId: STATION_ID });
    const [key] = evses.find(({ meterId }) => meterId === 'M3')?.meterKeys ?? [];
    assert.deepEqual([key?.crv, key?.signedBy], ['brainpoolP384r1', 'meter']);
    for (const wrong of [{ crv: 'P-521' }, { crv: 'secp192r1' }, { x: coordinate(24) }])
      assert.equal(await refusal({ ...told, ...evseOf({ ...brainpool, ...wrong }) }), 'INVALID_ARGUMENT');
    await tell({ ...told, command: { station: station() } });
  });

  it('lets nobody shorten its registration under those who rely on it, or state its own status', async () => {
    const soon = reRegister('USDUK', { validUntilMs: Date.now() + DAY_MS / 2 });
    assert.equal(await refusal(soon), 'INVALID_ARGUMENT');
    assert.equal(await refusal(reRegister('USDUK', { status: 'suspended' })), 'INVALID_ARGUMENT');
  });

  it('takes a tariff id in the publisher’s own name space alone', async () => {
    const tariff = { ...tariffVersion(1), tariffId: 'USALP-tou' };
    const told = { caller: by('USDUK', 'operator'), verb: 'tariff.publish' };
    await tell({ ...told, command: { tariff: tariffVersion(1) } });
    assert.equal(await refusal({ ...told, command: { tariff } }), 'FORBIDDEN');
  });

  it('keeps an agreement in force until its notice is over', async () => {
    const operator = by('USDUK', 'operator');
    await tell(proposal());
    const { hash: termsHash, text } = sealedTerms();
    const version = 1;
    const sign = { agreementId: AGREEMENT_ID, version, termsHash };
    await tell({ caller: operator, verb: 'consortium.signAgreement', command: sign });
    const end = { caller: by('USALP', 'operator'), verb: 'consortium.endAgreement' };
    await tell({ ...end, command: { agreementId: AGREEMENT_ID, version } });
    const ended = await read(agreementRecord, 'getAgreement', { agreementId: AGREEMENT_ID });
    assert.equal(ended.state, 'active');
    assert.ok((ended.endsAtMs ?? 0) > NOW_MS + END_NOTICE_MS);
    const bind = { agreementId: AGREEMENT_ID, tariffId: TARIFF_ID, tariffVersion: 1 };
    await tell({ caller: operator, verb: 'tariff.bind', command: bind, transient: { terms: text } });
    const again = { ...end, caller: operator, command: { agreementId: AGREEMENT_ID, version } };
    assert.equal(await refusal(again), 'WRONG_STATE');
  });

  it('suspends by a majority of the others, and a suspended utility does nothing new and does not vote', async () => {
    const { statusVersion: version } = await utility('USGPC');
    const suspend = { decision: 'suspend', version };
    assert.equal(await refusal(ballot('USGPC', 'USGPC', suspend)), 'FORBIDDEN');
    await tell(ballot('USALP', 'USGPC', suspend));
    await tell(
      reRegister('USGPC', { name: 'Georgia', signingKeys: [{ ...KEYS.stranger.jwk, kid: 'gpc-2' }] }),
    );
    assert.equal((await utility('USGPC')).status, 'active');
    await tell(ballot('USDUK', 'USGPC', suspend));
    const suspended = await utility('USGPC');
    assert.equal(suspended.status, 'suspended');
    assert.ok(suspended.statusFromMs > NOW_MS);
    assert.deepEqual(await refusalsAsMember('USGPC'), NOTHING);
    const reinstate = { decision: 'reinstate', version: suspended.statusVersion };
    assert.equal(await refusal(ballot('USGPC', 'USGPC', reinstate)), 'FORBIDDEN');
    await votesOn('USGPC', 'reinstate', ['USALP', 'USDUK']);
    assert.equal((await utility('USGPC')).status, 'active');
  });
});
