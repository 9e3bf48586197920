import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { TOOL } from '../testing/tool.ts';

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the command in a process of its own, as a shell would. */
const cin = async (...args: readonly string[]): Promise<Run> => {
  const child = spawn(process.execPath, [TOOL, 'cin', ...args]);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, out, err };
};

const MADE = {
  valid: true,
  cin: 'USALPCE0012345I',
  display: 'US-ALP-CE0012345-I',
  utility: 'USALP',
  country: 'US',
  party: 'ALP',
  service: { code: 'E', name: 'charging' },
  customer: '0012345',
  checkCharacter: 'I',
  alias: '2511466914001234571',
};
const MAKE = ['make', '--country', 'US', '--utility', 'ALP', '--service', 'E', '--customer', '0012345'];

describe('roamgrid cin', function () {
  this.timeout(30_000);

  it('makes a CIN and reads it back, as CIN, display form and alias', async () => {
    const made = await cin(...MAKE, '--json');
    assert.equal(made.code, 0);
    assert.deepEqual(JSON.parse(made.out), MADE);
    for (const form of [[MADE.cin], ['us-alp-ce0012345-i'], [MADE.alias], ['2511 4669', '1400 1234 571']]) {
      const checked = await cin('check', '--json', ...form);
      assert.equal(checked.code, 0);
      assert.deepEqual(JSON.parse(checked.out), MADE);
    }
  });

  it('prints for a person what a CIN says', async () => {
    const { code, out } = await cin('check', MADE.cin);
    assert.equal(code, 0);
    assert.match(out, /^US-ALP-CE0012345-I {2}valid\n {2}utility +USALP\n/);
    assert.match(out, /keypad +2511 4669 1400 1234 571/);
  });

  it('refuses a swap with code 3 and a hint, as text on standard error', async () => {
    const { code, out, err } = await cin('check', 'USALPCE0021345I');
    assert.deepEqual([code, out], [3, '']);
    assert.match(err, /^CIN_CHECK: .*characters 10 and 11 may be swapped/);
  });

  it('refuses with code 3 and one JSON object when asked for JSON', async () => {
    const { code, out, err } = await cin('check', 'USALPCX0012345I', '--json');
    assert.deepEqual([code, err], [3, '']);
    const { valid, error } = JSON.parse(out) as { valid: boolean; error: Record<string, unknown> };
    assert.deepEqual([valid, error['code'], error['position']], [false, 'CIN_SERVICE', 7]);
  });

  it('refuses to make a CIN of a customer number that is too short', async () => {
    const { code, err } = await cin(...MAKE.slice(0, -1), '12345');
    assert.equal(code, 3);
    assert.match(err, /^CIN_PART_LENGTH: customer has 7 characters, "12345" has 5/);
  });

  it('prints an alias, or why there is none', async () => {
    const alias = await cin('alias', MADE.cin);
    assert.deepEqual([alias.code, alias.out], [0, '2511 4669 1400 1234 571\n']);
    const made = await cin(...MAKE.slice(0, -1), 'A012345', '--json');
    const { cin: lettered } = JSON.parse(made.out) as { cin: string };
    const none = await cin('alias', lettered);
    assert.equal(none.code, 3);
    assert.match(none.err, /^CIN_HAS_NO_ALIAS/);
  });

  it('tells wrong usage from a wrong CIN by exit code 2, and help by 0', async () => {
    for (const args of [
      ['check'],
      ['make', '--country', 'US'],
      ['nonsense'],
      ['check', MADE.cin, '--nonsense'],
    ]) {
      const { code, err } = await cin(...args);
      assert.equal(code, 2, args.join(' '));
      assert.notEqual(err, '');
    }
    const help = await cin('--help');
    assert.equal(help.code, 0);
    assert.match(help.out, /ISO 15118-1 Annex H/);
  });

  it('reads contract and outlet ids as records of others have them', async () => {
    const [contract, outlet, none] = await Promise.all([
      cin('contract', 'us*alp*ce0012345', '--json'),
      cin('outlet', '+49*810*000*438'),
      cin('outlet', '+49*81*7'),
    ]);
    const { cin: made, form } = JSON.parse(contract.out) as Record<string, unknown>;
    assert.deepEqual([contract.code, made, form], [0, 'USALPCE0012345I', 'without-check']);
    assert.deepEqual([outlet.code, outlet.out], [0, 'DE*810*E000*438  din\n']);
    assert.deepEqual([none.code, none.out], [3, '']);
    assert.match(none.err, /^EVSE_ID_INVALID: /);
  });
});
