import assert from 'node:assert/strict';
import fc from 'fast-check';
import { exactJsonText, parseJsonKeepingNumbers } from './exact-json.ts';

const exact = (value: string) => ({ isLosslessNumber: true, value });

describe('JSON with exact numbers', () => {
  it('keeps every digit of a number and leaves strings alone', () => {
    assert.deepEqual(parseJsonKeepingNumbers('{"a":2935.600,"b":"1.50 \\" 2","c":[-0.10,1e3,true]}'), {
      ok: true,
      value: {
        a: exact('2935.600'),
        b: '1.50 " 2',
        c: [exact('-0.10'), exact('1e3'), true],
      },
    });
  });

  it('accepts exactly what JSON accepts', () => {
    for (const text of ['01', '{"a":1.}', '+1', '"a', '{1:2}', '']) {
      assert.equal(parseJsonKeepingNumbers(text).ok, false, text);
    }
    fc.assert(fc.property(fc.json(), (text) => parseJsonKeepingNumbers(text).ok));
  });

  it('is written again in the digits that it had', () => {
    const text = '{"a":2935.600,"b":[-0.10,1e3,null,"1.50 \\" 2"],"c":{}}';
    const parsed = parseJsonKeepingNumbers(text);
    assert.ok(parsed.ok);
    assert.equal(exactJsonText(parsed.value), text);
    fc.assert(
      fc.property(fc.json(), (any) => {
        const read = parseJsonKeepingNumbers(any);
        assert.ok(read.ok);
        assert.deepEqual(JSON.parse(exactJsonText(read.value)), JSON.parse(any));
      }),
    );
  });

  it('takes no object that only looks like a number for one', () => {
    const sneaky = { isLosslessNumber: true, value: '1,"b":2' };
    assert.deepEqual(JSON.parse(exactJsonText(sneaky)), sneaky);
  });
});
