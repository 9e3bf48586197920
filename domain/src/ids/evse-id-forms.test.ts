import assert from 'node:assert/strict';
import { isSameOutlet, readEvseId } from './evse-id-forms.ts';

const read = (text: string): string => {
  const result = readEvseId(text);
  return result.ok ? `${result.value.evseId} ${result.value.form}` : result.error.message;
};

describe('an outlet id as the field writes it', () => {
  it('is read in every legal spelling, and has one of ours', () => {
    for (const [country, operator, outlet] of [
      ['US', 'DUK', 'E1234'],
      ['DE', '8AA', 'E56'],
      ['FR', 'A23', 'EE45B'],
    ] as const) {
      const id = `${country}*${operator}*${outlet}`;
      for (const text of [id, id.toLowerCase(), ` ${id} `, id.replaceAll('*', '-'), id.replaceAll('*', ' ')])
        assert.equal(read(text), `${id} iso`, text);
      for (const text of [id.replaceAll('*', ''), id.replaceAll('*', '').toLowerCase()])
        assert.equal(read(text), `${id} iso-without-separators`, text);
    }
    assert.equal(read('be*bec*e041503003'), 'BE*BEC*E041503003 iso');
    assert.equal(read('US*DUK*E1234*1'), 'US*DUK*E1234*1 iso');
  });

  it('can be DIN’s, where its operator can be a party', () => {
    assert.equal(read('+49*810*000*438'), 'DE*810*E000*438 din');
    assert.equal(read('+43*123*7'), 'AT*123*E7 din');
    assert.equal(read('+420*123*7'), 'CZ*123*E7 din');
    assert.match(read('+49*822123*7'), /operator 822123 has no three characters/);
    assert.match(read('+1*123*7'), /calling code \+1 is not one country’s/);
    assert.match(read('+49*810'), /it has to be/);
  });

  it('is refused where it is none, with what it would have to be', () => {
    for (const text of [
      '',
      'USDUKX1',
      'US*DUK',
      '12*DUK*E1',
      'US*DUKE*E',
      'US*DUK*E1_2',
      `US*DUK*E${'1'.repeat(80)}`,
    ])
      assert.equal(readEvseId(text).ok, false, text);
    assert.match(read(`US*DUK*E${'1'.repeat(80)}`), /is longer than 64 characters/);
    assert.match(read('USDUKX1'), /"USDUKX1" is no outlet id: country, operator, E and outlet/);
  });

  it('is the same outlet with and without separators, and no other', () => {
    const ids = ['US*DUK*E1234*1', 'usduke12341', 'US-DUK-E12341', 'US*DUK*E12342'].map((text) => {
      const result = readEvseId(text);
      assert.ok(result.ok);
      return result.value.evseId;
    });
    const [first, ...others] = ids;
    assert.deepEqual(
      others.map((other) => first !== undefined && isSameOutlet(first, other)),
      [true, true, false],
    );
  });
});
