import assert from 'node:assert/strict';
import { signOcmf } from '@roamgrid/wire';
import { CARD, MINUTE_MS, meterKey, operatorKey } from './testing/rig.ts';
import { mWh, messageOf, rig, tellAt } from './testing/the-rig.ts';

describe('the evidence of a transaction of a station', () => {
  beforeEach(() => rig.clear());

  describe('at an outlet whose meter signs', () => {
    const payload = (begin: bigint, end: bigint, { meterId = 'METER-6', lateMs = 0 } = {}) => ({
      gateway: { model: 'g', serial: 'g', version: '1' },
      meter: { vendor: 'v', model: 'm', serial: meterId, firmware: '1' },
      page: 7,
      evseId: 'US*DUK*E6*1',
      readings: [
        {
          atMs: rig.time.nowMs - MINUTE_MS + lateMs,
          sync: 'S',
          transaction: 'B',
          registerMilliWh: begin,
        } as const,
        { atMs: rig.time.nowMs + lateMs, sync: 'S', transaction: 'E', registerMilliWh: end } as const,
      ],
    });
    const chargeSigned = async (sign: () => string) => {
      await rig.desk.authorize('signs', { token: CARD, atMs: rig.time.nowMs });
      rig.pass(1_000);
      const outlet = { evse: 6 };
      await tellAt('signs', 'began', 5_000, { outlet });
      rig.pass(MINUTE_MS);
      const signed = [{ atMs: rig.time.nowMs, text: sign(), encoding: 'OCMF', context: 'end' }] as const;
      await tellAt('signs', 'ended', 5_100, { outlet, signed });
      const [session] = rig.gateway.sessions.values();
      return String(session?.stop?.['signedEnd']);
    };

    it('the meter’s own record is the evidence, as it came', async () => {
      const text = () => signOcmf(payload(5_000_000n, 5_100_000n), meterKey.privateKey);
      let told = '';
      const signedEnd = await chargeSigned(() => (told = text()));
      assert.equal(signedEnd, told);
    });

    const rows = [
      ['of another key', () => signOcmf(payload(5_000_000n, 5_100_000n), operatorKey.privateKey)],
      [
        'of another meter',
        () => signOcmf(payload(5_000_000n, 5_100_000n, { meterId: 'METER-7' }), meterKey.privateKey),
      ],
      [
        'of more than its register moved by',
        () => signOcmf(payload(4_000_000n, 5_100_000n), meterKey.privateKey),
      ],
      [
        'of less than its register moved by',
        () => signOcmf(payload(5_003_000n, 5_100_000n), meterKey.privateKey),
      ],
      [
        'of another time',
        () => signOcmf(payload(5_000_000n, 5_100_000n, { lateMs: 2 * MINUTE_MS }), meterKey.privateKey),
      ],
      ['that is none', () => 'OCMF|{}|{}'],
    ] as const;
    for (const [what, sign] of rows) {
      it(`a record ${what} is none: the operator vouches for the register`, async () => {
        assert.match(await chargeSigned(sign), /"MS":"DOOR-6".*"TT":"roamgrid-consent /);
        const [session] = rig.billed();
        assert.equal(session?.milliWh, mWh(100));
      });
    }

    it('a meter whose clock is ahead ends the time of the outlet, which the next session begins after', async () => {
      await chargeSigned(() =>
        signOcmf(payload(5_000_000n, 5_100_000n, { lateMs: 20_000 }), meterKey.privateKey),
      );
      const endMs = rig.time.nowMs + 20_000;
      rig.pass(1_000);
      const transaction = { by: 'station', id: 'tx2' } as const;
      await rig.desk.authorize('signs', { token: CARD, atMs: rig.time.nowMs });
      await rig.desk.transaction('signs', messageOf('began', 5_100, { outlet: { evse: 6 }, transaction }));
      const [, next] = rig.gateway.sessions.values();
      assert.equal(next?.start.atMs, endMs);
    });

    it('a record that begins before the session before it ended is none', async () => {
      await chargeSigned(() => signOcmf(payload(5_000_000n, 5_100_000n), meterKey.privateKey));
      rig.pass(10_000);
      const transaction = { by: 'station', id: 'tx2' } as const;
      const outlet = { evse: 6 };
      await rig.desk.authorize('signs', { token: CARD, atMs: rig.time.nowMs });
      await tellAt('signs', 'began', 5_100, { outlet, transaction });
      rig.pass(20_000);
      const text = signOcmf(payload(5_100_000n, 5_110_000n), meterKey.privateKey);
      const signed = [{ atMs: rig.time.nowMs, text, encoding: 'OCMF', context: 'end' }] as const;
      await tellAt('signs', 'ended', 5_110, { outlet, transaction, signed });
      const [, next] = rig.gateway.sessions.values();
      assert.match(String(next?.stop?.['signedEnd']), /"MS":"DOOR-6"/);
    });

    it('a record that the gateway does not take is followed by the operator’s', async () => {
      rig.gateway.moods.refusesMeter = true;
      const signedEnd = await chargeSigned(() =>
        signOcmf(payload(5_000_000n, 5_100_000n), meterKey.privateKey),
      );
      assert.match(signedEnd, /"MS":"DOOR-6"/);
    });
  });
});
