import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  activateRules,
  makeConsent,
  makeCustomer,
  makeOffer,
  makeQuote,
} from '@roamgrid/service-kit/testing';
import { confirmQuestion, partnerSessionPage, type PartnersWord } from '@roamgrid/wire';
import type { z } from 'zod';
import { startVisited, type Visited } from '../testing/visited.ts';
import { startWorld, type World } from '../testing/world.ts';

describe('a card of a partner’s customer', () => {
  let world: World;
  let duke: Visited;
  let token: string;
  let card: { readonly cin: string; readonly cinRef: string };
  /** What the door for partners outside says when it is asked; nothing when it is away. */
  let partnerSays: PartnersWord | undefined;
  const questions: z.infer<typeof confirmQuestion>[] = [];
  const partnersDoor = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      questions.push(confirmQuestion.parse(JSON.parse(text)));
      if (partnerSays === undefined) request.socket.destroy();
      else response.end(JSON.stringify({ word: partnerSays }));
    });
  });

  before(async () => {
    await new Promise<void>((resolve) => partnersDoor.listen(0, '127.0.0.1', resolve));
    const partnersDoorUrl = `http://127.0.0.1:${(partnersDoor.address() as AddressInfo).port}`;
    world = await startWorld({ partnersDoorUrl });
    await activateRules(world.ask);
    duke = await startVisited(world);
    token = await duke.roamingToken();
    card = await makeCustomer(world.ask);
    const path = `/operator/v1/cins/${card.cinRef}/driver-tokens`;
    const told = { token: { type: 'rfid', value: '04B00B1E' }, asksPartner: true };
    assert.equal((await world.ask('operator', 'POST', path, told)).status, 201);
  });
  after(async () => {
    partnersDoor.close();
    await world.close();
  });

  const swipe = async (cin: string, offer = makeOffer()) => {
    const { auth_req_id: id } = await duke.swipe(cin, offer);
    return { id, offer, decision: await duke.decision(token, id) };
  };
  const listed = async () => {
    const { body } = await world.ask('operator', 'GET', '/operator/v1/partner-sessions');
    return partnerSessionPage.parse(body);
  };

  it('charges where the partner lets it, each time, whatever was shown for it', async () => {
    const refusals: Record<string, unknown> = {};
    for (const word of [
      'BLOCKED',
      'EXPIRED',
      'NO_CREDIT',
      'NOT_ALLOWED',
      'NOT_HERE',
      'AWAY',
      undefined,
    ] as const) {
      partnerSays = word;
      const { decision } = await swipe(card.cin);
      refusals[word ?? 'silence'] = decision.outcome === 'refused' ? decision.code : decision.outcome;
    }
    assert.deepEqual(refusals, {
      ...{ BLOCKED: 'CUSTOMER_BLOCKED', EXPIRED: 'CUSTOMER_BLOCKED', NO_CREDIT: 'LIMIT_EXCEEDED' },
      ...{ NOT_ALLOWED: 'SERVICE_NOT_IN_PORTFOLIO', NOT_HERE: 'SERVICE_NOT_IN_PORTFOLIO' },
      ...{ AWAY: 'HOME_UNREACHABLE', silence: 'HOME_UNREACHABLE' },
    });
    partnerSays = 'ALLOWED';
    const { offer, decision } = await swipe(card.cin);
    assert.equal(decision.outcome, 'authorised');
    assert.equal('signedProfile' in decision, false, 'no other utility goes on alone');
    const asked = { cinRef: card.cinRef, sessionId: offer.sessionId, evseId: offer.evseId };
    assert.deepEqual(questions.at(-1), asked);
    const before = questions.length;
    await swipe(card.cin, offer);
    assert.equal(questions.length, before, 'what is decided is not asked again');
    const own = await makeCustomer(world.ask);
    assert.equal((await swipe(own.cin)).decision.outcome, 'authorised');
    assert.equal(questions.length, before, 'an own customer is nobody’s to ask about');
  });

  it('is listed while it charges, with the newest report, and nobody else is', async () => {
    partnerSays = 'ALLOWED';
    const consented = async (cin: string) => {
      const { id, offer, decision } = await swipe(cin);
      assert.ok(decision.outcome === 'authorised');
      const { authorisation: yes, signedAuthorisation: evidence } = decision;
      const quote = makeQuote(yes, offer);
      const body = await makeConsent(world.keys, quote, { evidence, cinRef: yes.cinRef, offer });
      assert.equal((await duke.consent(token, id, body)).status, 204);
      return { id, sessionId: offer.sessionId, quote };
    };
    assert.deepEqual(await listed(), { items: [] });
    await consented((await makeCustomer(world.ask)).cin);
    const { id, sessionId, quote } = await consented(card.cin);
    const [begun, ...more] = (await listed()).items;
    assert.deepEqual(more, []);
    const { vun, evseId, tariffId, currency } = quote;
    const { openedAtMs: _at, countsUntilMs: _until, tariffVersion: _version, ...facts } = begun ?? {};
    assert.deepEqual(facts, { sessionId, cinRef: card.cinRef, vun, evseId, tariffId, currency });
    const charging = (await duke.chargingToken(id)).access_token;
    for (const [sequence, energyWh] of [
      [2, '3000'],
      [1, '1500'],
    ] as const) {
      const report = { sequence, atMs: Date.now(), energyWh, powerW: '11000', runningMicros: '900000' };
      const told = await duke.call(charging, 'POST', `/roaming/v1/sessions/${sessionId}/reports`, report);
      assert.equal(told.status, 200);
    }
    assert.equal((await listed()).items[0]?.report?.energyWh, 3_000n);
  });
});
