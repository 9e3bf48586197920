import assert from 'node:assert/strict';
import { CutFlash, Power } from '../testing/cut-flash.ts';
import { Copies } from './copies.ts';

const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(7);

describe('copies of neighbours’ records', () => {
  it('are of neighbours alone, no more and no longer than there is room for, and the same again is still here', async () => {
    const power = new Power();
    const flashes = new Map(['E1', 'E2'].map((evseId) => [evseId, new CutFlash(power)]));
    const copies = await Copies.open({
      ...{ neighbours: [...flashes.keys()], capacity: 2 },
      flashOf: (evseId) => flashes.get(evseId) ?? assert.fail('nobody’s'),
    });
    assert.equal(await copies.keep('E3', 1, bytes(900)), false, 'it is no neighbour');
    assert.equal(await copies.keep('E1', 1, bytes(8_193)), false, 'no record is so long');
    for (const number of [1, 2]) assert.equal(await copies.keep('E1', number, bytes(8_192)), true);
    // A neighbour that was told of the room before, or does not ask for it.
    assert.equal(await copies.keep('E1', 3, bytes(900)), false, 'there is no room');
    assert.equal(await copies.keep('E1', 2, bytes(900)), true, 'it is here');
    assert.equal(await copies.keep('E2', 1, bytes(900)), true, 'another one’s room is its own');
    assert.deepEqual([copies.numbersOf('E1'), copies.numbersOf('E2')], [[1, 2], [1]]);
  });
});
