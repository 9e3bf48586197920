import assert from 'node:assert/strict';
import { phoneCreditFaults } from '@roamgrid/wire';
import { register } from '../../system/admission.ts';
import { until } from '../../system/until.ts';
import { CreditPhone } from '../credit-phone.ts';
import { EPOCH, type OfflineStage } from '../stage.ts';
import { openWallet } from '../wallet.ts';
import { Deck } from './deck.ts';

/** Of copied phones and tokens that are taken back, on a stage that others use; the last of it: tokens of before are good for nothing then. */
export const creditTests = (stage: () => OfflineStage): void => {
  it('finds a phone that was copied: at one charger both get no more than one, and home takes its key back', async () => {
    const deck = await Deck.setUp(stage());
    const { wallet, phone, customer } = await openWallet(stage(), 'fay', 50_000_000n);
    const wish = { energyWh: '13700', sessions: 2 };
    const { token, means } = await wallet.agree(await wallet.price(wish), 4_384_000n);
    const mine = await CreditPhone.open(phone);
    await mine.got(token, means.lowMicros);
    const copy = await mine.copied();
    await mine.charge(deck, token, 6_850n);
    await copy.charge(deck, token, 6_850n);
    await assert.rejects(mine.charge(deck, token, 6_850n), /TOKEN_SPENT/);
    assert.equal(mine.ledger.balance('USD').availableMicros, 2_192_000n);
    await mine.sync();
    await assert.rejects(copy.sync(), /OFFLINE_PHONE_COPIED: forked/);
    await assert.rejects(mine.sync(), /OFFLINE_PHONE_REVOKED/);
    await assert.rejects(
      wallet.agree(await wallet.price({ requestId: 'after' }), 1_000_000n),
      /OFFLINE_PHONE_REVOKED/,
    );
    const url = `${stage().alabama.aaa.url}/operator/v1/offline/credit-faults`;
    const { faults } = await stage().alabama.operator('GET', url, undefined, phoneCreditFaults);
    const found = faults.map(({ customerId, kind, exposure, openUntilMs }) => [
      ...[customerId, kind, exposure, openUntilMs],
    ]);
    const exposure = [{ currency: 'USD', atHomeMicros: 4_384_000n, atChargersMicros: 4_384_000n }];
    assert.deepEqual(found, [[customer.customerId, 'forked', exposure, token.untilMs]]);
  });

  it('takes back all tokens by a later epoch at each charger to which a phone carried the list', async () => {
    const [near, far] = [await Deck.setUp(stage()), await Deck.setUp(stage())];
    const { wallet, phone } = await openWallet(stage(), 'gus', 50_000_000n);
    const agree = async () => (await wallet.agree(await wallet.price(), 1_000_000n)).token;
    const token = await agree();
    await near.charge(await agree(), phone, 1_000n);
    const { issuers } = await near.words();
    await register(stage().alabama, Date.now(), { commandId: 'epoch-after', tokenEpoch: EPOCH + 1 });
    await until('the list has the epoch', async () =>
      (await near.words()).issuers.version > issuers.version ? true : undefined,
    );
    await near.carryIssuers(token, phone);
    await assert.rejects(near.charge(token, phone, 1_000n), /TOKEN_REVOKED/);
    // A charger that has not heard still starts by it: that is what home holds the money for.
    await far.charge(token, phone, 1_000n);
  });
};
