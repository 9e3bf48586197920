import assert from 'node:assert/strict';
import { cdrText, locationText } from '../objects/examples.fixture.ts';
import { startDuke, type DukeAndPartners } from '../testing/duke.ts';
import { until } from '../testing/until.ts';

const GOOD = '{ "excl_vat": 3.90, "incl_vat": 4.641 }';

interface Judged {
  readonly state: string;
  readonly cdrId: string;
  readonly differences: readonly {
    readonly field: string;
    readonly declared: string;
    readonly computed: string;
  }[];
  readonly lines?: readonly { readonly type: string; readonly amount: string; readonly unitPrice: string }[];
}

describe('a partner’s CDR', () => {
  let world: DukeAndPartners;
  const told = async (id: string, text: string): Promise<Judged> => {
    const posted = await world.as('rhk', 'receiver/cdrs', 'POST', text);
    assert.equal(posted.json.status_code, 1000, posted.text);
    return verdictOn(id);
  };
  const verdictOn = (id: string, state?: string): Promise<Judged> =>
    until(`a verdict on ${id}`, async () => {
      const { items } = (await world.duke.operate('GET', '/operator/v1/cdr-verdicts?partnerId=rhk')).body;
      return (items as unknown as Judged[]).find(
        (one) => one.cdrId === id.toUpperCase() && (state === undefined || one.state === state),
      );
    });

  before(async () => {
    world = await startDuke();
    await world.as('rhk', 'receiver/locations/DE/RHK/L-Harbour-1', 'PUT', locationText);
  });
  after(() => world.close());

  it('is rated anew, and equal where our engine makes the same of it, line by line', async () => {
    const { state, lines } = await told('J-1', cdrText('J-1', GOOD));
    assert.equal(state, 'equal');
    assert.deepEqual(
      lines?.map(({ type, amount, unitPrice }) => [type, amount, unitPrice]),
      [['ENERGY', '3.9', '0.39']],
    );
  });

  it('is different where one total is another, and the difference is named', async () => {
    const { state, differences } = await told(
      'J-2',
      cdrText('J-2', '{ "excl_vat": 4.90, "incl_vat": 5.831 }'),
    );
    assert.equal(state, 'different');
    assert.deepEqual(differences, [
      { field: 'total_cost.before_taxes', declared: '4.9', computed: '3.9' },
      { field: 'total_cost.after_taxes', declared: '5.831', computed: '4.641' },
    ]);
  });

  it('is rated in the local time of its location', async () => {
    // 09:00 UTC is 10:00 in Emden in winter.
    const morning = cdrText('J-3', GOOD).replace(
      '"step_size": 1 }] }]',
      '"step_size": 1 }], "restrictions": { "start_time": "10:00", "end_time": "11:00" } }]',
    );
    assert.equal((await told('J-3', morning)).state, 'equal');
  });

  it('without a tariff has no price of ours, and says so', async () => {
    const bare = cdrText('J-4', GOOD).replace(
      /"tariffs": \[[^]*\], "charging_periods"/,
      '"charging_periods"',
    );
    assert.equal((await told('J-4', bare)).state, 'not-ratable');
  });

  it('is taken back by a credit that mirrors it, and by no other', async () => {
    await told('J-5', cdrText('J-5', GOOD));
    const credit = (id: string, total: string, of: string): string =>
      cdrText(id, total, `"credit": true, "credit_reference_id": "${of}", `);
    const half = await told('J-5-A', credit('J-5-A', '{ "excl_vat": -1.95, "incl_vat": -2.3205 }', 'J-5'));
    assert.deepEqual([half.state, half.differences[0]?.field], ['different', 'total_cost']);
    const none = await told('J-5-B', credit('J-5-B', '{ "excl_vat": -3.90 }', 'J-404'));
    assert.deepEqual([none.state, none.differences[0]?.field], ['different', 'credit_reference_id']);
    assert.equal((await verdictOn('J-5')).state, 'equal');
    const mirror = '{ "excl_vat": -3.90, "incl_vat": -4.641 }';
    assert.equal((await told('J-5-C', credit('j-5-c', mirror, 'j-5'))).state, 'credit');
    assert.equal((await verdictOn('J-5', 'credited')).state, 'credited');
    const again = await told('J-5-D', credit('J-5-D', mirror, 'J-5-C'));
    assert.equal(again.state, 'different', 'a credit is not credited');
  });

  it('is taken back once, in its own currency, also by a credit that came before it', async () => {
    const mirror = '{ "excl_vat": -3.90, "incl_vat": -4.641 }';
    const credit = (id: string, of: string): string =>
      cdrText(id, mirror, `"credit": true, "credit_reference_id": "${of}", `);
    assert.equal((await told('J-6-C', credit('J-6-C', 'j-6'))).state, 'different');
    await told('J-6', cdrText('J-6', GOOD));
    assert.equal((await verdictOn('J-6-C', 'credit')).state, 'credit');
    assert.equal((await verdictOn('J-6', 'credited')).state, 'credited');
    const second = await told('J-6-D', credit('J-6-D', 'J-6'));
    assert.deepEqual(
      [second.state, second.differences[0]?.computed],
      ['different', 'J-6-C took it back before'],
    );
    await told('J-7', cdrText('J-7', GOOD));
    const dollars = credit('J-7-C', 'J-7').replace(
      '"currency": "EUR", "tariffs"',
      '"currency": "USD", "tariffs"',
    );
    const other = await told('J-7-C', dollars);
    assert.deepEqual([other.state, other.differences[0]?.field], ['different', 'currency']);
    assert.equal((await verdictOn('J-7')).state, 'equal');
  });

  it('in a currency without smaller units is compared to the unit', async () => {
    const yen = (id: string, total: string): string =>
      cdrText(id, total).replaceAll('"EUR"', '"JPY"').replace('"price": 0.3900', '"price": 39.05');
    assert.equal((await told('J-8', yen('J-8', '{ "excl_vat": 391, "incl_vat": 465 }'))).state, 'equal');
    const { state, differences } = await told('J-9', yen('J-9', '{ "excl_vat": 392, "incl_vat": 466 }'));
    assert.deepEqual([state, differences[0]?.computed], ['different', '390.5']);
  });

  it('whose total energy is not that of its periods is different, and one in other letters is the same CDR', async () => {
    const more = cdrText('J-10', GOOD).replace('"total_energy": 10.0', '"total_energy": 12.0');
    const { state, differences } = await told('J-10', more);
    assert.deepEqual([state, differences.map(({ field }) => field)], ['different', ['total_energy']]);
    const again = await world.as('rhk', 'receiver/cdrs', 'POST', more.replace('"J-10"', '"j-10"'));
    assert.equal(again.json.status_code, 2001, 'told once, under one spelling');
  });
});
