import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { meterPublicKey, publicJwk, verifyOcmf } from '@roamgrid/wire';
import type { Subprotocol } from '../edge/rpc.ts';
import type { TransactionReport } from '../model/reports.ts';
import { startStage, type Stage } from '../testing/stage.ts';
import { until } from '../testing/until.ts';
import { createOcmfMeter } from './ocmf-meter.ts';
import { visit, type VisitEvent } from './visit.ts';

const TOKEN = { idToken: '04A2B3C4', type: 'ISO14443' };
const PROTOCOLS: readonly Subprotocol[] = ['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1'];

for (const protocol of PROTOCOLS) {
  describe(`a simulated station of ${protocol}`, () => {
    let stage: Stage;
    before(async () => {
      stage = await startStage();
    });
    after(() => stage.close());

    const heardOf = (stationId: string): readonly TransactionReport[] =>
      stage.heard.transactions.filter((one) => one.stationId === stationId).map(({ report }) => report);

    it('keeps what it could not tell, and tells it in order when its line is back', async () => {
      const station = await stage.station('OFF', protocol);
      await station.switchOn();
      await station.switchOff();
      await station.begin(1, TOKEN);
      await station.charge(1, 5_000_000n);
      await station.end(1, 'cable-out');
      assert.equal(station.outbox.waiting, 3);
      assert.deepEqual(heardOf('OFF'), []);
      await station.reconnect();
      const heard = heardOf('OFF');
      assert.deepEqual(
        heard.map(({ phase }) => phase),
        ['began', 'moved', 'ended'],
      );
      assert.equal(
        heard.every(({ isOffline }) => isOffline),
        protocol !== 'ocpp1.6',
      );
      const [, moved, ended] = heard;
      assert.deepEqual(moved?.transaction, ended?.transaction);
      assert.deepEqual(
        protocol === 'ocpp1.6' ? ended?.transaction : heard[0]?.sequence,
        protocol === 'ocpp1.6' ? { by: 'us', number: 1 } : 0,
      );
      assert.ok(heard.every(({ atMs, receivedAtMs }) => atMs <= receivedAtMs));
    });

    it('tells again what was not answered, as the same message', async () => {
      const station = await stage.station('LOST', protocol);
      await station.switchOn();
      let goOn = (): void => undefined;
      const held = new Promise<void>((resolve) => (goOn = resolve));
      const answer = stage.answers.transaction;
      stage.answers.transaction = async (report) => {
        await held;
        return answer(report);
      };
      const telling = station.begin(1, TOKEN);
      await until('it is heard', () => heardOf('LOST').length === 1);
      await station.switchOff();
      await telling;
      goOn();
      stage.answers.transaction = answer;
      await station.reconnect();
      const [first, again, ...more] = heardOf('LOST');
      assert.equal(first?.messageKey, again?.messageKey);
      assert.equal(more.length, 0);
      await station.end(1);
      await station.tellAgain(-1);
      const ends = heardOf('LOST').filter(({ phase }) => phase === 'ended');
      assert.deepEqual([ends.length, ends[0]?.messageKey], [2, ends[1]?.messageKey]);
    });

    it('is visited by a driver, who charges what he wants where he may, and nothing elsewhere', async () => {
      const station = await stage.station('VISIT', protocol);
      await station.switchOn();
      const wants = { evse: 1, token: TOKEN, milliWh: 10_000_001n, steps: 3, pauseMs: 0 };
      const told: string[] = [];
      const tell = ({ event }: VisitEvent) => void told.push(event);
      assert.equal(await visit(station, wants, tell), 'charged');
      assert.deepEqual(told, ['authorized', 'began', 'charged', 'charged', 'charged', 'ended']);
      assert.equal(station.register(1), 10_000_001n);
      const { authorize, transaction } = stage.answers;
      stage.answers.authorize = () => Promise.resolve({ status: 'blocked', texts: [] });
      assert.equal(await visit(station, wants, tell), 'refused');
      stage.answers.authorize = authorize;
      stage.answers.transaction = async (report) => ({ ...(await transaction(report)), status: 'blocked' });
      assert.equal(await visit(station, wants, tell), 'refused');
      stage.answers.transaction = transaction;
      assert.equal(station.register(1), 10_000_001n);
      assert.equal(station.transactionAt(1), undefined);
      assert.equal(heardOf('VISIT').at(-1)?.endReason, 'revoked');
    });

    it('signs begin and end in one text that its key verifies', async () => {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const signEnd = createOcmfMeter(privateKey, {
        gateway: { model: 'Simulated', serial: '1', version: '1' },
        meter: { vendor: 'Roamgrid', model: 'Simulated', serial: 'M-1', firmware: '1' },
        evseId: 'US*DUK*E1*1',
      });
      const station = await stage.station('SIGNS', protocol, { signEnd, registerMilliWh: 7_000_000n });
      await station.switchOn();
      await station.begin(1, TOKEN);
      await station.charge(1, 1_500_000n);
      await station.end(1);
      const signed = heardOf('SIGNS').at(-1)?.signed ?? [];
      assert.deepEqual(
        signed.map(({ encoding, context }) => [encoding, context]),
        [['OCMF', 'end']],
      );
      const key = meterPublicKey(publicJwk.parse({ ...publicKey.export({ format: 'jwk' }), kid: 'm1' }));
      const verified = verifyOcmf(signed[0]?.text ?? '', key);
      assert.ok(verified.ok);
      assert.deepEqual(
        verified.value.readings.map(({ registerMilliWh }) => registerMilliWh),
        [7_000_000n, 8_500_000n],
      );
    });
  });
}
