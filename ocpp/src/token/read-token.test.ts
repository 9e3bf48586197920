import assert from 'node:assert/strict';
import { tokenOf, tokenOfTag } from './read-token.ts';

describe('what a driver showed', () => {
  const CIN = 'NLTNMCE0012204B';
  const WITHOUT_CHECK = CIN.slice(0, -1);
  const tags: readonly (readonly [tag: string, type: string, value: string])[] = [
    ['04a2b3c4d5e6f7', 'rfid', '04A2B3C4D5E6F7'],
    ['04:A2:B3:C4', 'rfid', '04A2B3C4'],
    ['DEADBEEF', 'rfid', 'DEADBEEF'],
    [WITHOUT_CHECK, 'emaid', WITHOUT_CHECK],
    ['1632 1378 1400 1220 450', 'cin', CIN],
    ['STATION-DESK', 'rfid', 'STATION-DESK'],
  ];
  for (const [tag, type, value] of tags)
    it(`is ${type} in 1.6 when it reads ${tag}`, () => {
      assert.deepEqual(tokenOfTag(tag), { type, value });
    });

  it('is a number of the consortium in every version when its check holds', () => {
    assert.deepEqual(tokenOfTag('NL-TNM-CE0012204-B'), { type: 'cin', value: CIN });
    assert.deepEqual(tokenOf({ idToken: 'nltnmce0012204b', type: 'eMAID' }), { type: 'cin', value: CIN });
    assert.deepEqual(tokenOf({ idToken: CIN, type: 'Central' }), { type: 'cin', value: CIN });
    assert.notEqual(tokenOfTag('NLTNMCE0012204C').type, 'cin', 'a wrong check is another thing');
  });

  it('is in 2.x of the type that the station says', () => {
    assert.deepEqual(tokenOf({ idToken: '04a2b3c4', type: 'ISO14443' }), { type: 'rfid', value: '04A2B3C4' });
    assert.deepEqual(tokenOf({ idToken: 'E004010012345678', type: 'ISO15693' }), {
      type: 'rfid',
      value: 'E004010012345678',
    });
    assert.deepEqual(tokenOf({ idToken: 'app-4711', type: 'Central' }), { type: 'app', value: 'app-4711' });
    assert.deepEqual(tokenOf({ idToken: 'DE8XYC00123456', type: 'eMAID' }), {
      type: 'emaid',
      value: 'DE8XYC00123456',
    });
    assert.deepEqual(tokenOf({ idToken: '4711', type: 'KeyCode' }), { type: 'app', value: '4711' });
  });

  it('is none when the station says so, and no credential when it only says which vehicle it is', () => {
    assert.equal(tokenOf({ idToken: '', type: 'NoAuthorization' }), undefined);
    for (const type of ['MacAddress', 'EVCCID', 'VIN', 'DirectPayment'])
      assert.equal(tokenOf({ idToken: '0123456789AB', type }), 'invalid');
    assert.equal(tokenOf({ idToken: ' ', type: 'Central' }), 'invalid');
  });
});
