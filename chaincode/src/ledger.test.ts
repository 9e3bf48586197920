import assert from 'node:assert/strict';
import { CommitError, EndorseError } from '@hyperledger/fabric-gateway';
import {
  batchBodies,
  nettingRecord,
  paymentRecord,
  sessionState,
  settledSession,
  type JsonValue,
} from '@roamgrid/wire';
import { decode } from './context/index.ts';
import { invoiceCall, invoiceOf, payableOf } from './testing/invoices.ts';
import { Lane } from './testing/lane.ts';
import { LiveLedger, refusalOf } from './testing/live-ledger.ts';
import { NettingStage, PERIOD } from './testing/netting.ts';
import { notedIn, noteOf, notesCall } from './testing/notes.ts';
import {
  AGREEMENT_ID,
  by,
  call,
  groundwork,
  HOUR_MS,
  makeKey,
  MSP,
  proposal,
  sealedTerms,
  SET_UP_MS,
  station,
  termsOf,
} from './testing/parties.ts';
import { houseBatch, houseRegistration, makeHouse } from './testing/houses.ts';
import { received, sent } from './testing/payments.ts';
import { closeSession, type CloseOptions, type ClosedSession } from './testing/closed.ts';
import { openSession, PAST, type OpenedSession, type OpenOptions, type Site } from './testing/opened.ts';

type Parts = Parameters<typeof call>[0];

const BOTH = [MSP.USALP, MSP.USDUK];
const PAIR = { vun: 'USDUK', hun: 'USALP', agreementId: AGREEMENT_ID };
const record = (value: JsonValue): Record<string, JsonValue> => value as Record<string, JsonValue>;

/** A lane of a group in which one station stands. */
interface Place {
  readonly lane: Lane;
  readonly site: Site;
}

describe('the chaincode on a ledger', function () {
  this.timeout(120_000);
  let ledger: LiveLedger;

  before(async () => {
    ledger = await LiveLedger.start({ simulated: true });
    for (const step of groundwork()) {
      assert.equal(await refusalOf(ledger.submit(call(step), step.transient && BOTH)), 'ok', step.verb);
    }
  });
  after(() => ledger.stop());

  const query = (caller: ReturnType<typeof by>, verb: string, command: JsonValue) =>
    ledger.evaluate({ caller, verb, command });
  const tell = (parts: Parts, organizations: readonly string[] = BOTH) =>
    ledger.submit(call(parts), organizations);

  const stateOf = async (sessionId: string): Promise<string> => {
    const found = await query(by('USGPC', 'auditor'), 'session.get', { sessionId });
    return decode(sessionState, found, 'state').state;
  };

  /** A station in a group of its own, so that no test waits for another's meter book or numbers. */
  const placeOf = async (group: string): Promise<Place> => {
    const site: Site = {
      stationId: `station-${group}`,
      evseId: `US*DUK*E${group.toUpperCase()}*1`,
      meterId: `meter-${group}`,
      station: makeKey(`station-${group}`),
      meter: makeKey(`meter-${group}`),
    };
    const { stationId, evseId, meterId, meter } = site;
    const evses = [{ evseId, meterId, meterKey: { ...meter.jwk }, maxPowerW: '150000' }];
    const stated = { ...station(), stationId, group, evses, signingKey: { ...site.station.jwk } };
    const caller = by('USDUK', 'operator');
    await tell({
      caller,
      verb: 'consortium.registerStation',
      command: { station: stated },
      nowMs: SET_UP_MS,
    });
    return { lane: new Lane(`USDUK-USALP-${group}`), site };
  };

  const sessionsAt = ({ lane, site }: Place, numbers: readonly number[], options: OpenOptions = {}) =>
    Promise.all(numbers.map((number) => openSession(number, { site, lane: lane.laneId, ...options })));

  const opened = async (place: Place, numbers: readonly number[], options: OpenOptions = {}) => {
    const sessions = await sessionsAt(place, numbers, options);
    await tell(place.lane.open(sessions));
    return sessions;
  };

  const ended = (sessions: readonly OpenedSession[], options?: CloseOptions): readonly ClosedSession[] =>
    sessions.map((session) => closeSession(session, options));

  it('takes two sessions from opened to paid, with every record as its state says', async () => {
    const place = await placeOf('p');
    const { lane, site } = place;
    const { laneId } = lane;
    const sessions = [
      await openSession(1, { site, lane: laneId }),
      await openSession(2, { site, lane: laneId, authorisedBy: 'cache' }),
    ];
    await tell(lane.open(sessions));
    assert.equal(await stateOf(`${laneId}-1`), 'opened');

    const closed = ended(sessions);
    await tell(lane.settle('pb', closed));
    assert.deepEqual(await Promise.all([1, 2].map((number) => stateOf(`${laneId}-${number}`))), [
      'closed',
      'closed',
    ]);
    const reader = by('USGPC', 'auditor');
    const batch = record(await query(reader, 'session.getBatch', { batchId: 'pb' }));
    assert.deepEqual([batch['laneId'], batch['fromSequence'], batch['toSequence']], [laneId, 1, 2]);

    const batches = [{ batchId: 'pb', closed }];
    const invoice = invoiceCall('pi', batches, { laneId, periodId: PERIOD });
    await tell(invoice);
    const bodyHash = invoice.command['bodyHash'] ?? '';
    await tell({
      caller: by('USALP', 'aaa'),
      verb: 'clearing.accept',
      command: { invoiceId: 'pi', bodyHash },
    });

    // What members' gateways form: the second endorser of a position or netting is anybody's, of the rest the parties'.
    const stage = await NettingStage.with([
      payableOf(invoiceOf('pi', batches, { laneId, periodId: PERIOD })),
    ]);
    await tell(stage.calling());
    await tell(stage.closing('USALP', 'USDUK', ['invoice:pi']));
    const others = [MSP.USALP, MSP.USGPC];
    for (const utilityId of ['USALP', 'USDUK'] as const) await tell(stage.stating(utilityId), others);
    await tell(stage.netting('USGPC'), others);
    const paymentId = 'net-2026-07-1-USD.1';
    const payment = async () =>
      decode(paymentRecord, await query(reader, 'payment.getPayment', { paymentId }), 'payment');
    const { amountMicros } = await payment();
    await tell(sent(stage, 'USALP', 1));
    await assert.rejects(
      tell(received(stage, 'USDUK', 1, amountMicros), others),
      /ENDORSEMENT_POLICY_FAILURE/,
      'a payment is endorsed by payer and payee',
    );
    await tell(received(stage, 'USDUK', 1, amountMicros, 'second'));
    assert.equal((await payment()).state, 'confirmed');

    const stored = await query(reader, 'netting.getNetting', { nettingId: 'net-2026-07-1-USD' });
    const netting = decode(nettingRecord, stored, 'netting');
    const total = netting.positions.reduce((sum, { netMicros }) => sum + netMicros, 0n);
    assert.equal(total, 0n);
    assert.equal(record(await query(reader, 'clearing.getInvoice', { invoiceId: 'pi' }))['state'], 'netted');
  });

  it("keeps bodies in the two parties' collections and nowhere else", async () => {
    const place = await placeOf('v');
    const [closed] = ended(await opened(place, [1]));
    assert.ok(closed);
    await tell(place.lane.settle('vb', [closed]));
    const one = { batchId: 'vb', sessionId: closed.body.sessionId };
    for (const utility of ['USALP', 'USDUK'] as const) {
      const found = await query(by(utility, 'aaa'), 'session.getClosed', one);
      assert.equal(decode(settledSession, found, 'session').body, closed.text);
      const all = await query(by(utility, 'aaa'), 'session.getBatchBodies', { batchId: 'vb' });
      assert.deepEqual(decode(batchBodies, all, 'bodies').bodies, [closed.text]);
    }
    const third = by('USGPC', 'auditor');
    assert.equal(await refusalOf(query(third, 'session.getClosed', one)), 'NOT_FOUND');
    assert.equal(await refusalOf(query(third, 'session.getBatchBodies', { batchId: 'vb' })), 'NOT_FOUND');
  });

  it('gives the same receipt when a command is told again, and refuses its id for another', async () => {
    const place = await placeOf('i');
    const told = call(place.lane.open(await sessionsAt(place, [1])));
    const first = await ledger.submit(told, BOTH);
    assert.deepEqual(await ledger.submit(told, BOTH), first);
    const other = place.lane.open(await sessionsAt(place, [2]));
    const { commandId } = told.command as { commandId: string };
    const changed = { ...other, command: { ...other.command, commandId } };
    assert.equal(await refusalOf(tell(changed)), 'CONFLICT');
  });

  it('commits one of two tellings at once, and the other is told again to the same receipt', async () => {
    const place = await placeOf('r');
    const told = call(place.lane.settle('rb', ended(await opened(place, [1]))));
    const settled = await Promise.allSettled([ledger.submit(told, BOTH), ledger.submit(told, BOTH)]);
    const receipts = settled.filter((each) => each.status === 'fulfilled').map((each) => each.value);
    for (const each of settled) {
      if (each.status === 'rejected') assert.ok(each.reason instanceof CommitError, String(each.reason));
    }
    const again = await ledger.submit(told, BOTH);
    assert.ok(receipts.length >= 1);
    for (const receipt of receipts) assert.deepEqual(receipt, again);
  });

  it('opens and settles in several lanes at once, none waiting for another', async () => {
    const places = await Promise.all(Array.from({ length: 6 }, (_, index) => placeOf(`q${index}`)));
    const sessions = await Promise.all(places.map((place) => opened(place, [1])));
    await Promise.all(
      places.map(({ lane }, index) => tell(lane.settle(`qb${index}`, ended(sessions[index] ?? [])))),
    );
    const states = await Promise.all(places.map(({ lane: { laneId } }) => stateOf(`${laneId}-1`)));
    assert.deepEqual(new Set(states), new Set(['closed']));
  });

  describe('refuses, with the code in the details of the error,', () => {
    it('a bill above the consented cap', async () => {
      const place = await placeOf('c');
      const quote = { capMicros: 9_308_998n, estimateMicros: 1n };
      const submitted = tell(place.lane.settle('cb', ended(await opened(place, [1], { quote }))));
      await assert.rejects(submitted, EndorseError);
      assert.equal(await refusalOf(submitted), 'OVER_CAP');
      assert.equal(await stateOf(`${place.lane.laneId}-1`), 'opened');
    });

    it('a certificate of another role, by its attribute', async () => {
      const place = await placeOf('a');
      const told = { ...place.lane.open(await sessionsAt(place, [1])), caller: by('USDUK', 'auditor') };
      assert.equal(await refusalOf(tell(told)), 'FORBIDDEN');
      assert.equal(await refusalOf(tell({ ...told, caller: by('USDUK', undefined) })), 'FORBIDDEN');
    });

    it('a transaction that no contract has', async () => {
      const told = { caller: by('USDUK', 'aaa'), verb: 'session.forge', command: {} };
      assert.equal(await refusalOf(ledger.submit(call(told))), 'INVALID_ARGUMENT');
    });
  });

  describe('does not let two organisations write what concerns a third:', () => {
    const without = [MSP.USDUK, MSP.USGPC];
    const invalid = (error: unknown) =>
      error instanceof CommitError && /ENDORSEMENT_POLICY_FAILURE/.test(error.message);
    let place: Place;
    let sessions: readonly OpenedSession[];

    before(async () => {
      place = await placeOf('e');
      sessions = await opened(place, [1, 2]);
    });

    it('settling sessions without the home utility is invalid', async () => {
      const told = place.lane.settle('eb', ended(sessions.slice(0, 1)));
      await assert.rejects(tell(told, without), invalid);
      assert.equal(await stateOf(`${place.lane.laneId}-1`), 'opened');
      const read = query(by('USALP', 'aaa'), 'session.getBatch', { batchId: 'eb' });
      assert.equal(await refusalOf(read), 'NOT_FOUND');
      await tell(told);
    });

    it('noting on a session without the home utility is invalid', async () => {
      const { laneId } = place.lane;
      const told = notesCall([noteOf(`${laneId}-2`)], { laneId, openings: [notedIn(1, [2])] });
      await assert.rejects(tell(told, without), invalid);
      await tell(told);
    });

    it('voiding a session without the home utility is invalid', async () => {
      const { laneId } = place.lane;
      const command = { ...PAIR, laneId, number: 2, reason: 'fault' };
      const told = { caller: by('USDUK', 'aaa'), verb: 'session.void', command };
      await assert.rejects(tell(told, without), invalid);
      await tell(told);
      assert.equal(await stateOf(`${laneId}-2`), 'voided');
    });
  });

  it('records a house by its panel’s word with both of its utilities, and never by one of them', async () => {
    const house = makeHouse('live');
    await tell(houseRegistration(house));
    const { record: batch } = await houseBatch(house);
    const invalid = (error: unknown) =>
      error instanceof CommitError && /ENDORSEMENT_POLICY_FAILURE/.test(error.message);
    for (const own of BOTH) await assert.rejects(tell(batch, [own, MSP.USGPC]), invalid, own);
    await tell(batch);
    const one = { houseRef: house.houseRef, number: 1 };
    assert.equal(record(await query(by('USGPC', 'auditor'), 'grid.getHouseBatch', one))['entries'], 4);
    for (const utility of ['USALP', 'USDUK'] as const)
      assert.equal(record(await query(by(utility, 'aaa'), 'grid.getHouseHeader', one))['gridInWh'], '700');
    assert.equal(await refusalOf(query(by('USGPC', 'aaa'), 'grid.getHouseHeader', one)), 'NOT_FOUND');
  });

  it('records a utility’s dealings with itself before its witness, and before no other', async () => {
    const own = termsOf({ agreementId: 'duk-own', parties: ['USDUK', 'USDUK'] });
    const proposed = proposal(
      {
        agreementId: 'duk-own',
        parties: ['USDUK', 'USDUK'],
        witness: 'USALP',
        termsHash: sealedTerms(own).hash,
      },
      own,
    );
    const told = { ...proposed, caller: by('USDUK', 'operator') };
    const invalid = (error: unknown) =>
      error instanceof CommitError && /ENDORSEMENT_POLICY_FAILURE/.test(error.message);
    const elsewhere = [MSP.USDUK, MSP.USGPC];
    await assert.rejects(
      tell({ ...told, command: { ...told.command, commandId: 'own-1' } }, elsewhere),
      invalid,
    );
    for (const [code, change] of [
      ['INVALID_ARGUMENT', { witness: 'USDUK' }],
      ['INVALID_ARGUMENT', { parties: ['USALP', 'USDUK'] }],
    ] as const) {
      assert.equal(await refusalOf(tell({ ...told, command: { ...told.command, ...change } })), code);
    }
    const { witness: _none, ...alone } = told.command;
    assert.equal(await refusalOf(tell({ ...told, command: alone })), 'INVALID_ARGUMENT');
    // The witness signs; it proposes nothing, and nobody else signs.
    assert.equal(await refusalOf(tell({ ...told, caller: by('USALP', 'operator') })), 'FORBIDDEN');
    await tell(told);
    const signature = {
      caller: by('USALP', 'operator'),
      verb: 'consortium.signAgreement',
      command: { agreementId: 'duk-own', version: 1, termsHash: sealedTerms(own).hash },
    };
    assert.equal(await refusalOf(tell({ ...signature, caller: by('USGPC', 'operator') })), 'FORBIDDEN');
    await tell(signature);

    const place = await placeOf('w');
    const pair = { vun: 'USDUK', hun: 'USDUK', agreementId: 'duk-own' };
    const laneId = 'USDUK-USDUK-w';
    const opening = place.lane.open(await sessionsAt(place, [1]));
    await tell({ ...opening, command: { ...opening.command, ...pair, laneId } });
    const voided = {
      caller: by('USDUK', 'aaa'),
      verb: 'session.void',
      command: { ...pair, laneId, number: 1, reason: 'fault' },
    };
    await assert.rejects(tell(voided, elsewhere), invalid);
    assert.equal(await stateOf(`${laneId}-1`), 'opened');
    await tell(voided);
    assert.equal(await stateOf(`${laneId}-1`), 'voided');
  });

  it('takes a hundred sessions in one settle', async () => {
    const place = await placeOf('h');
    // An hour of theirs is six minutes, so that the last has ended when they are settled.
    const numbers = Array.from({ length: 100 }, (_, index) => index + 1);
    const pace = { ...PAST, hourMs: HOUR_MS / 10 };
    const closed = ended(await opened(place, numbers, { pace }));
    const receipt = record(await tell(place.lane.settle('hb', closed)));
    assert.deepEqual(receipt['wrote'], ['meterBook:USDUK:h', 'batch:hb']);
    assert.equal(await stateOf(`${place.lane.laneId}-100`), 'closed');
  });
});
