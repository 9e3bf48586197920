import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT, rateCommand } from './command.ts';
import { processIo } from './io.ts';

class Exit extends Error {}

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

describe('roamgrid rate', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'roamgrid-rate-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  /** Writes a real file and gives its name. */
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };

  const run = (args: readonly string[], stdin = ''): Run => {
    let code = -1;
    let out = '';
    let err = '';
    const command = rateCommand({
      read: (path) => (path === '-' ? stdin : processIo.read(path)),
      out: (text) => (out += text),
      err: (text) => (err += text),
      exitCode: (value) => {
        code = value;
      },
      exit: (value) => {
        code = value;
        throw new Exit();
      },
    }).configureOutput({ writeErr: (text) => (err += text), writeOut: (text) => (out += text) });
    try {
      command.parse(args, { from: 'user' });
    } catch (error) {
      if (!(error instanceof Exit)) throw error;
    }
    return { code, out, err };
  };

  const tariff = (more = ''): string => `{
    "country_code": "DE", "party_id": "ALL", "id": "T", "currency": "EUR", ${more}
    "elements": [
      {"price_components": [
        {"type": "FLAT", "price": 0.50, "vat": 20.0, "step_size": 1},
        {"type": "ENERGY", "price": 0.25, "vat": 10.0, "step_size": 1}
      ]},
      {"price_components": [{"type": "TIME", "price": 6.00, "step_size": 1}],
       "restrictions": {"start_time": "18:00", "end_time": "19:00"}}
    ]}`;
  const cdr = (more = '"total_cost": {"excl_vat": 5.50, "incl_vat": 6.10},'): string => `{
    "id": "C", "currency": "EUR", ${more}
    "start_date_time": "2025-06-02T10:00:00Z", "end_date_time": "2025-06-02T11:00:00Z",
    "charging_periods": [{"start_date_time": "2025-06-02T10:00:00Z", "dimensions": [
      {"type": "ENERGY", "volume": 20.000}, {"type": "TIME", "volume": 1.0}]}]}`;
  const both = (tariffText = tariff(), cdrText = cdr()): readonly string[] => [
    '--tariff',
    file('tariff.json', tariffText),
    '--cdr',
    file('cdr.json', cdrText),
  ];
  const json = (result: Run): Record<string, unknown> => {
    assert.equal(result.code, EXIT.ok, result.out + result.err);
    return JSON.parse(result.out) as Record<string, unknown>;
  };

  it('prints the OCPI totals of a 2.2.1 CDR, each with and without tax', () => {
    const printed = json(run([...both(), '--json']));
    assert.deepEqual(printed['total_cost'], { excl_vat: 5.5, incl_vat: 6.1 });
    assert.deepEqual(printed['total_fixed_cost'], { excl_vat: 0.5, incl_vat: 0.6 });
    assert.deepEqual(printed['total_energy_cost'], { excl_vat: 5, incl_vat: 5.5 });
    for (const field of ['total_time_cost', 'total_parking_cost', 'total_reservation_cost']) {
      assert.deepEqual(printed[field], { excl_vat: 0, incl_vat: 0 });
    }
    assert.deepEqual(
      [printed['total_energy'], printed['total_time'], printed['total_parking_time']],
      [20, 1, 0],
    );
    assert.equal(printed['currency'], 'EUR');
    assert.equal(printed['matches'], true);
  });

  it('prints a breakdown that names the tariff element of each line and adds up', () => {
    const lines = json(run([...both(), '--json', '--time-zone', 'Europe/Kyiv']))['breakdown'] as Record<
      string,
      unknown
    >[];
    assert.deepEqual(
      lines.map((line) => [line['type'], line['tariff_id'], line['element_index'], line['excl_vat']]),
      [
        ['FLAT', 'T', 0, 0.5],
        ['ENERGY', 'T', 0, 5],
      ],
    );
  });

  it('prints 2.3.0 prices with their taxes, and the 2.2.1 pair beside them', () => {
    const total = '"total_cost": {"before_taxes": 5.50, "taxes": [{"name": "VAT", "amount": 0.60}]},';
    const printed = json(run([...both(tariff('"tax_included": "NO",'), cdr(total)), '--json']));
    assert.deepEqual(printed['total_cost'], {
      before_taxes: 5.5,
      taxes: [
        { name: 'VAT', percentage: 20, amount: 0.1 },
        { name: 'VAT', percentage: 10, amount: 0.5 },
      ],
      after_taxes: 6.1,
      excl_vat: 5.5,
      incl_vat: 6.1,
    });
    assert.equal(printed['matches'], true);
  });

  it('takes local time from the flag, then from the CDR, then UTC with a note', () => {
    const timeCost = (args: readonly string[]): unknown => json(run([...args, '--json']))['total_time_cost'];
    assert.deepEqual(timeCost([...both(), '--time-zone', 'Asia/Tokyo']), { excl_vat: 0, incl_vat: 0 });
    // 10:00 UTC is 18:00 in Shanghai.
    assert.deepEqual(timeCost([...both(), '--time-zone', 'Asia/Shanghai']), { excl_vat: 6, incl_vat: 6 });
    const located = cdr('"cdr_location": {"time_zone": "Asia/Shanghai"},');
    assert.deepEqual(timeCost(both(tariff(), located)), { excl_vat: 6, incl_vat: 6 });
    const notes = json(run([...both(), '--json']))['notes'] as { code: string }[];
    assert.ok(notes.some(({ code }) => code === 'ZONE_ASSUMED_UTC'));
  });

  it('prices with the tariffs inside the CDR when none is given', () => {
    const path = file('with-tariff.json', cdr(`"tariffs": [${tariff()}],`));
    assert.deepEqual(json(run(['--cdr', path, '--json']))['total_cost'], { excl_vat: 5.5, incl_vat: 6.1 });
  });

  it('reads one of the two from standard input, not both', () => {
    const path = file('tariff.json', tariff());
    assert.deepEqual(json(run(['--tariff', path, '--cdr', '-', '--json'], cdr()))['total_cost'], {
      excl_vat: 5.5,
      incl_vat: 6.1,
    });
    assert.equal(run(['--tariff', '-', '--cdr', '-']).code, EXIT.usage);
  });

  it('keeps digits that a float would lose, and prints no exponent', () => {
    const precise = tariff().replace('0.25', '0.1234567890123456789').replace('0.50', '1e-6');
    const result = run([...both(precise), '--json']);
    assert.match(result.out, /"unit_price": 0\.123456789012\b/);
    assert.match(result.out, /"excl_vat": 0\.000001\b/);
    assert.doesNotMatch(result.out, /\d[eE][-+]?\d/);
  });

  it('says what differs from the totals in the CDR, and fails on it only when asked', () => {
    const files = both(
      tariff(),
      cdr('"total_cost": {"excl_vat": 5.50, "incl_vat": 6.20}, "total_energy": 20,'),
    );
    const printed = json(run([...files, '--json']));
    assert.equal(printed['matches'], false);
    assert.deepEqual(printed['differences'], [
      { field: 'total_cost.after_taxes', declared: 6.2, computed: 6.1, difference: -0.1 },
    ]);
    assert.equal(run([...files, '--check']).code, EXIT.differs);
    assert.equal(run([...both(), '--check']).code, EXIT.ok);
  });

  it('accepts a stated total that was rounded to cents', () => {
    const tariffText = tariff().replace('0.25', '0.2503');
    const printed = json(
      run([...both(tariffText, cdr('"total_cost": {"excl_vat": 5.51, "incl_vat": 6.11},')), '--json']),
    );
    assert.equal(printed['matches'], true);
  });

  it('states the total of a credit CDR negated', () => {
    const credit = cdr('"credit": true, "total_cost": {"excl_vat": -5.50, "incl_vat": -6.10},');
    const printed = json(run([...both(tariff(), credit), '--json']));
    assert.deepEqual(printed['total_cost'], { excl_vat: -5.5, incl_vat: -6.1 });
    assert.equal(printed['matches'], true);
  });

  it('prints a table for people', () => {
    const result = run(both());
    assert.equal(result.code, EXIT.ok);
    assert.match(result.out, /^CDR C in EUR: 20 kWh, 1 h/);
    assert.match(result.out, /ENERGY +T\[0\] +20 kWh +0\.25\/kWh +5\.00 +0\.50 \(10 %\) +5\.50\n/);
    assert.match(result.out, /total_cost +5\.50 +0\.60 +6\.10\n/);
  });

  it('says what is wrong with the input and where, on standard error or as JSON', () => {
    const broken = both(tariff(), cdr().replace('20.000', '"many"'));
    const people = run(broken);
    assert.equal(people.code, EXIT.badInput);
    assert.match(
      people.err,
      /cdr\.json: \/charging_periods\/0\/dimensions\/0\/volume: .*\(NUMBER_INVALID\)\n$/,
    );
    assert.equal(people.out, '');
    const machine = run([...broken, '--json']);
    assert.equal(machine.code, EXIT.badInput);
    const { errors } = JSON.parse(machine.out) as { errors: { code: string; pointer: string }[] };
    assert.deepEqual(
      errors.map(({ code, pointer }) => [code, pointer]),
      [['NUMBER_INVALID', '/charging_periods/0/dimensions/0/volume']],
    );
  });

  const bad: readonly (readonly [name: string, args: () => readonly string[], code: number, said: RegExp])[] =
    [
      ['no such file', () => ['--cdr', join(folder, 'none.json')], EXIT.badInput, /FILE_UNREADABLE/],
      ['no JSON', () => ['--cdr', file('bad.json', '{"id": ')], EXIT.badInput, /JSON_INVALID/],
      [
        'no time zone of that name',
        () => [...both(), '--time-zone', 'Mars/Base'],
        EXIT.badInput,
        /ZONE_UNKNOWN/,
      ],
      ['no tariff anywhere', () => ['--cdr', file('bare.json', cdr())], EXIT.badInput, /TARIFF_MISSING/],
      ['no CDR', () => [], EXIT.usage, /required option '--cdr <file>'/],
      ['an option nobody knows', () => [...both(), '--tarif'], EXIT.usage, /unknown option/],
    ];
  for (const [name, args, code, said] of bad) {
    it(`ends with ${code} for ${name}`, () => {
      const result = run(args());
      assert.equal(result.code, code);
      assert.match(result.err, said);
    });
  }
});
