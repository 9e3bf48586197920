import assert from 'node:assert/strict';
import { OwnEndorsements } from './own-endorsements.ts';

const bytes = (text: string) => Buffer.from(text);

describe('signatures that this process made', () => {
  it('are known with exactly the bytes that they cover, and no others', () => {
    const own = new OwnEndorsements();
    own.remember(bytes('result'), bytes('peer'), bytes('signature'));
    assert.equal(own.includes(bytes('result'), bytes('peer'), bytes('signature')), true);
    assert.equal(own.includes(bytes('other'), bytes('peer'), bytes('signature')), false);
    assert.equal(own.includes(bytes('result'), bytes('another'), bytes('signature')), false);
    assert.equal(own.includes(bytes('result'), bytes('peer'), bytes('forged')), false);
  });

  it('are forgotten, the oldest first, when there are too many', () => {
    const own = new OwnEndorsements();
    for (let i = 0; i <= 10_000; i += 1)
      own.remember(bytes('result'), bytes('peer'), bytes(`signature ${i}`));
    assert.equal(own.includes(bytes('result'), bytes('peer'), bytes('signature 0')), false);
    assert.equal(own.includes(bytes('result'), bytes('peer'), bytes('signature 1')), true);
  });
});
