import assert from 'node:assert/strict';
import fc from 'fast-check';
import { unwrap } from '../result/index.ts';
import { makeCin, parseCin } from './cin.ts';
import { readContractId } from './contract-id.ts';

const read = (text: string): string => {
  const result = readContractId(text);
  return result.ok ? `${result.value.cin} ${result.value.form}` : result.error.code;
};

const cins = fc
  .tuple(
    fc.constantFrom('US', 'DE', 'NL'),
    fc.stringMatching(/^[A-Z0-9]{3}$/),
    fc.constantFrom('E', 'F', 'V', 'S', 'H'),
    fc.stringMatching(/^[A-Z0-9]{7}$/),
  )
  .map(([country, party, service, customer]) => unwrap(makeCin({ country, party, service, customer })));

const lacking = {
  whole: (cin: string) => cin,
  'without-check': (cin: string) => cin.slice(0, 14),
  'without-constant': (cin: string) => cin.slice(0, 5) + cin.slice(6),
  'without-both': (cin: string) => cin.slice(0, 5) + cin.slice(6, 14),
} as const;

/** Stars, hyphens or spaces after the country and the party, as they are met. */
const parted = (text: string, by: string): string =>
  [text.slice(0, 2), text.slice(2, 5), text.slice(5)].join(by);

describe('a contract id as the field writes it', () => {
  it('is the CIN that it came from, whatever it lacks and however it is parted', () => {
    fc.assert(
      fc.property(
        cins,
        fc.constantFrom(...(Object.keys(lacking) as (keyof typeof lacking)[])),
        fc.constantFrom('', '*', '-', ' '),
        fc.boolean(),
        (cin, form, by, isSmall) => {
          const text = parted(lacking[form](cin), by);
          assert.equal(read(isSmall ? text.toLowerCase() : text), `${cin} ${form}`);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('of the reported kind has its check character worked out, where a keypad asks for it', () => {
    const cin = unwrap(makeCin({ country: 'US', party: 'ALP', service: 'E', customer: '0012345' }));
    assert.equal(cin, 'USALPCE0012345I');
    assert.equal(read('US*ALP*CE0012345'), 'USALPCE0012345I without-check');
    assert.equal(read('USALPE0012345I'), 'USALPCE0012345I without-constant');
    assert.equal(read('US-ALP-E0012345'), 'USALPCE0012345I without-both');
    const keyed = parseCin('USALPCE0012345');
    assert.match(
      keyed.ok ? '' : keyed.error.message,
      /this has 14 \(1 missing\): this is an eMAID without its check character, which would be I$/,
    );
    assert.ok(parseCin('us*alp*ce0012345*i').ok);
    const other = parseCin('USALPXE0012345');
    assert.match(other.ok ? '' : other.error.message, /this has 14 \(1 missing\)$/);
  });

  it('that has no service, a wrong check character or another length is refused', () => {
    assert.equal(read('DE-8EO-0GA4B6-7'), 'CONTRACT_ID_DIN');
    assert.equal(read('USALPCE0012345J'), 'CIN_CHECK');
    assert.equal(read('USALP'), 'CIN_LENGTH');
    assert.equal(read('x'.repeat(100)), 'CIN_LENGTH');
  });
});
