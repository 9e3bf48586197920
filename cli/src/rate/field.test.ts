import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { EXIT, rateCommand } from './command.ts';

type Json = Readonly<Record<string, unknown>>;

const run = (cdr: Json, tariff?: Json, more: readonly string[] = []) => {
  let [out, code] = ['', -1];
  const files: Readonly<Record<string, unknown>> = { 'cdr.json': cdr, 'tariff.json': tariff };
  const given = tariff === undefined ? [] : ['--tariff', 'tariff.json'];
  rateCommand({
    read: (path) => JSON.stringify(files[path]),
    out: (text) => (out += text),
    err: (text) => (out += text),
    exitCode: (value) => (code = value),
    exit: () => assert.fail(out),
  }).parse(['--cdr', 'cdr.json', ...given, '--check', '--json', ...more], { from: 'user' });
  return { out, code };
};
const told = (cdr: Json, tariff?: Json) => {
  const { out, code } = run(cdr, tariff);
  const json = JSON.parse(out) as Record<string, never> & { notes: { code: string; pointer?: string }[] };
  return { json, code, notes: json.notes.map((note) => `${note.code} ${note.pointer ?? ''}`) };
};

const tariff = (components: readonly Json[], more: Json = {}): Json => ({
  country_code: 'BE',
  party_id: 'BEC',
  id: '12',
  currency: 'EUR',
  elements: [{ price_components: components }],
  last_updated: '2015-02-02T14:15:01Z',
  ...more,
});
const cdr = (start: string, end: string, dimensions: Readonly<Record<string, number>>, more: Json): Json => ({
  id: '12345',
  start_date_time: start,
  end_date_time: end,
  currency: 'EUR',
  charging_periods: [
    {
      start_date_time: start,
      dimensions: Object.entries(dimensions).map(([type, volume]) => ({ type, volume })),
    },
  ],
  ...more,
});

/** A record of a session of 118 minutes priced by time, its energy stated in the total alone, in each version's words. */
const sample = (version: string, year: number): Json => {
  const component = { type: 'TIME', price: 2, step_size: 300, ...(version !== '2.1.1' && { vat: 10 }) };
  const taxed = { before_taxes: 4, taxes: [{ name: 'VAT', amount: 0.4 }] };
  const cost = version === '2.1.1' ? 4 : version === '2.3.0' ? taxed : { excl_vat: 4, incl_vat: 4.4 };
  const record = cdr(
    `${year}-06-29T21:39:09Z`,
    `${year}-06-29T23:37:32Z`,
    { TIME: 1.973 },
    {
      tariffs: [tariff([component])],
      total_cost: cost,
      ...(version !== '2.1.1' && { total_time_cost: cost }),
      total_energy: 15.342,
      total_time: 1.973,
    },
  );
  const { end_date_time: end, ...rest } = record;
  return version === '2.1.1' ? { ...rest, stop_date_time: end } : record;
};

describe('roamgrid rate --check on what the field has', () => {
  it('lets energy that no dimension states pass, in the words of every version', () => {
    for (const version of ['2.1.1', '2.2', '2.2.1', '2.3.0'])
      for (const year of [2015, 2019, 2024]) {
        const { json, code } = told(sample(version, year));
        assert.deepEqual([code, json['differences']], [EXIT.ok, []], version);
      }
  });

  it('still finds a total that the stated dimensions contradict', () => {
    assert.equal(told({ ...sample('2.2.1', 2015), total_time: 2.5 }).code, EXIT.differs);
    const energy = tariff([{ type: 'ENERGY', price: 1, step_size: 1, vat: 0 }]);
    const at = ['2024-05-01T08:00:00Z', '2024-05-01T09:00:00Z'] as const;
    const totals = (total_energy: number) => told(cdr(...at, { ENERGY: 10 }, { total_energy }), energy);
    assert.deepEqual(
      [totals(10).code, totals(10.5).code, totals(9).code],
      [EXIT.ok, EXIT.differs, EXIT.differs],
    );
    const two = {
      ...cdr(...at, { ENERGY: 10 }, { total_energy: 12 }),
      charging_periods: [
        { start_date_time: at[0], dimensions: [{ type: 'ENERGY', volume: 10 }] },
        { start_date_time: '2024-05-01T08:30:00Z', dimensions: [{ type: 'TIME', volume: 0.5 }] },
      ],
    };
    assert.equal(told(two, energy).code, EXIT.ok, 'a part of the energy is a lower bound');
    assert.equal(told({ ...two, total_energy: 9 }, energy).code, EXIT.differs);
  });

  it('compares no amount whose tax nobody states, and prints none for it', () => {
    const session = (total_cost: Json) =>
      cdr('2024-05-01T08:00:00Z', '2024-05-01T09:00:00Z', { ENERGY: 25 }, { currency: 'CAD', total_cost });
    const priced = (tax_included: string) =>
      tariff([{ type: 'ENERGY', price: 0.4, step_size: 1 }], { currency: 'CAD', tax_included });
    const taxes = [
      { name: 'GST', account_number: '1', percentage: 5, amount: 0.5 },
      { name: 'QST', percentage: 9.975, amount: 1 },
    ];
    const exclusive = told(session({ before_taxes: 10, taxes }), priced('NO'));
    assert.deepEqual(
      [exclusive.code, exclusive.json['total_cost']],
      [EXIT.ok, { before_taxes: 10, excl_vat: 10 }],
    );
    assert.ok(exclusive.notes.includes('TAX_UNKNOWN '));
    assert.equal(told(session({ before_taxes: 11, taxes }), priced('NO')).code, EXIT.differs);
    const inclusive = told(
      session({ before_taxes: 8.7, taxes: [{ name: 'GST', amount: 1.3 }] }),
      priced('YES'),
    );
    assert.deepEqual(
      [inclusive.code, inclusive.json['total_cost']],
      [EXIT.ok, { after_taxes: 10, incl_vat: 10 }],
    );
    const wrong = { before_taxes: 8.7, taxes: [{ name: 'GST', amount: 1.5 }] };
    assert.equal(told(session(wrong), priced('YES')).code, EXIT.differs);
  });

  it('takes the currency’s own smallest unit, and prints what is payable beside what is exact', () => {
    const check = (currency: string, price: number, excl_vat: number) => {
      const record = cdr(
        '2024-05-01T08:00:00Z',
        '2024-05-01T09:00:00Z',
        { ENERGY: 1 },
        {
          currency,
          total_cost: { excl_vat },
        },
      );
      const { json, code } = told(
        record,
        tariff([{ type: 'ENERGY', price, step_size: 1, vat: 0 }], { currency }),
      );
      const { total_cost } = json['payable'] as unknown as Readonly<Record<string, Json>>;
      return [code, total_cost?.['excl_vat']];
    };
    assert.deepEqual(check('JPY', 100.4, 100), [EXIT.ok, 100]);
    assert.deepEqual(check('JPY', 100.6, 100), [EXIT.differs, 101]);
    assert.deepEqual(check('EUR', 100.404, 100.4), [EXIT.ok, 100.4]);
    assert.deepEqual(check('EUR', 100.4, 100), [EXIT.differs, 100.4]);
    assert.deepEqual(check('KWD', 1.2344, 1.234), [EXIT.ok, 1.234]);
    assert.deepEqual(check('KWD', 1.236, 1.24), [EXIT.differs, 1.236]);
  });

  it('tells the same unknown keys of a tariff alone and inside the CDR', () => {
    const odd = { ...tariff([{ type: 'ENERGY', price: 1, stepSize: 1 }]), restriction: {} };
    const record = cdr('2024-05-01T08:00:00Z', '2024-05-01T09:00:00Z', { ENERGY: 1 }, {});
    const unknown = (notes: readonly string[]) => notes.filter((note) => note.startsWith('KEY_UNKNOWN'));
    const alone = unknown(told(record, odd).notes);
    assert.deepEqual(alone, [
      'KEY_UNKNOWN /restriction',
      'KEY_UNKNOWN /elements/0/price_components/0/stepSize',
    ]);
    const inside = unknown(told({ ...record, tariffs: [odd] }).notes);
    assert.deepEqual(
      inside,
      alone.map((note) => note.replace(' /', ' /tariffs/0/')),
    );
  });
});

describe('signed data of a CDR', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'brainpoolP256r1' });
  const reading = (side: string, hour: number, value: string) =>
    `{"TM":"2024-05-01T${hour}:00:00,000+0200 S","TX":"${side}","RV":${value},"RI":"1-b:1.8.0","RU":"kWh","ST":"G"}`;
  const signedText = (end = '1010.456', change: (payload: string) => string = (same) => same): string => {
    const payload = change(
      `{"PG":"T1","MS":"M1","RD":[${reading('B', 10, '1000.123')},${reading('E', 11, end)}]}`,
    );
    const signature = sign('sha256', Buffer.from(payload), privateKey).toString('hex');
    return `OCMF|${payload}|{"SA":"ECDSA-brainpool256r1-SHA256","SD":"${signature}"}`;
  };
  const key = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  const withData = (blob: string | undefined, more: Json = {}, total_energy = 10.333) =>
    told(
      cdr(
        '2024-05-01T08:00:00Z',
        '2024-05-01T09:00:00Z',
        { ENERGY: total_energy },
        {
          total_energy,
          ...(blob !== undefined && {
            signed_data: {
              encoding_method: 'OCMF',
              public_key: key,
              signed_values: [{ nature: 'End', plain_data: '', signed_data: blob }],
              ...more,
            },
          }),
        },
      ),
      tariff([{ type: 'ENERGY', price: 1, step_size: 1 }]),
    );
  const state = ({ json, code }: ReturnType<typeof told>) => [json['signed_data'], code];
  const base64 = (text: string) => Buffer.from(text).toString('base64');

  it('are verified with the key that it carries, wrapped or bare, on any curve', () => {
    assert.deepEqual(state(withData(base64(signedText()))), ['verified', EXIT.ok]);
    assert.deepEqual(state(withData(signedText())), ['verified', EXIT.ok]);
  });

  it('fail the check when the signature is bad or the energy is another', () => {
    const forged = withData(base64(signedText().replace('1010.456', '1011.456')));
    assert.deepEqual(state(forged), ['failed', EXIT.differs]);
    assert.ok(forged.notes.includes('SIGNED_DATA_BAD /signed_data/signed_values/0/signed_data'));
    const other = withData(base64(signedText('1012')), {});
    assert.deepEqual(state(other), ['failed', EXIT.differs]);
    assert.ok(other.notes.includes('SIGNED_DATA_DIFFERS /signed_data'));
  });

  it('whose energy cannot be billed, or whose ends are of two registers, are verified and compared with nothing, and say so', () => {
    for (const change of [
      (payload: string) => payload.replaceAll('"ST":"G"', '"ST":"E"'),
      (payload: string) => payload.replace(/(.*)1-b:1\.8\.0/, '$101-00:B1.08.00*FF'),
    ]) {
      const told_ = withData(base64(signedText('1020', change)));
      assert.deepEqual(state(told_), ['verified', EXIT.ok]);
      assert.deepEqual(
        told_.notes.filter((note) => note.startsWith('SIGNED')),
        ['SIGNED_DATA_NO_ENERGY /signed_data'],
      );
    }
  });

  it('are said to be absent or not verified, never passed over', () => {
    assert.deepEqual(state(withData(undefined)), ['absent', EXIT.ok]);
    const unknown = withData('AAAA', { encoding_method: 'EDL' });
    assert.deepEqual(state(unknown), ['not_verified', EXIT.ok]);
    assert.ok(unknown.notes.includes('SIGNED_DATA_UNVERIFIED /signed_data'));
    assert.deepEqual(state(withData(signedText(), { public_key: null })), ['not_verified', EXIT.ok]);
  });
});
