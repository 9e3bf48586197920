import assert from 'node:assert/strict';
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { verdictsOfFile } from './transparency.fixture.ts';

/** Transparency files of our own making, in the shapes in which drivers are sent them; the published ones are judged by command. */

/** Curves of OCMF 1.4, table 22: the name in records, and Node's. */
const CURVES = [
  ['secp192k1', 'secp192k1'],
  ['secp256k1', 'secp256k1'],
  ['secp192r1', 'prime192v1'],
  ['secp256r1', 'prime256v1'],
  ['secp384r1', 'secp384r1'],
  ['brainpool256r1', 'brainpoolP256r1'],
  ['brainpool384r1', 'brainpoolP384r1'],
] as const;
/** Bytes of a coordinate of each curve. */
const widthOf = (name: string): number => Number(/\d{3}/u.exec(name)?.[0]) / 8;

interface Maker {
  readonly name: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}
const makers: readonly Maker[] = CURVES.map(([name, namedCurve]) => ({
  name,
  ...generateKeyPairSync('ec', { namedCurve }),
}));

/** The n-th record of a session that takes 1.5 kWh an interval. */
const payloadOf = (n: number): string => {
  const reading = (TX: string, hour: number) =>
    `{"TM":"2024-0${1 + (n % 9)}-05T1${hour}:00:00,000+0100 S","TX":"${TX}","RV":${n + hour * 1.5},"RI":"1-b:1.8.0","RU":"kWh","RT":"AC","EF":"","ST":"G"}`;
  return `{"FV":"1.0","GS":"G${n}","PG":"T${n}","MS":"M${n}","RD":[${reading('B', 0)},${reading('E', 1)}]}`;
};

type Spelling = 'hex' | 'base64';
const recordOf = (maker: Maker, payload: string, spelling: Spelling, isBare = false): string => {
  const made = sign('sha256', Buffer.from(payload), {
    key: maker.privateKey,
    dsaEncoding: isBare ? 'ieee-p1363' : 'der',
  });
  const how = { SA: `ECDSA-${maker.name}-SHA256`, SE: spelling, SD: made.toString(spelling) };
  return `OCMF|${payload}|${JSON.stringify(how)}`;
};

/** The same key as it is met: DER in hex or base64, its point, its point without the first byte. */
const keysOf = ({ name, publicKey }: Maker): readonly string[] => {
  const der = publicKey.export({ type: 'spki', format: 'der' });
  const bare = der.subarray(-2 * widthOf(name));
  return [
    der.toString('hex'),
    der.toString('base64'),
    `04${bare.toString('hex')}`,
    bare.toString('hex').toUpperCase(),
    String(publicKey.export({ type: 'spki', format: 'pem' })),
  ];
};

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
interface Value {
  readonly record: string;
  readonly key?: string;
  readonly wrap?: 'text' | 'cdata' | 'lines';
}
const fileOf = (values: readonly Value[]): string =>
  `<?xml version="1.0"?>\n<values>\n${values
    .map(({ record, key, wrap = 'text' }, index) => {
      const text = wrap === 'cdata' ? `<![CDATA[${record}]]>` : escaped(record);
      const held = wrap === 'lines' ? `\n\t${text}\n\t` : text;
      const keyed = key === undefined ? '' : `<publicKey encoding="plain">${key}</publicKey>`;
      return `<value transactionId="${index}"><signedData format="OCMF">${held}</signedData>${keyed}</value>`;
    })
    .join('\r\n')}\n</values>\n`;

describe('transparency files', () => {
  it('verify on every curve, with the key and the signature in every form that is met, however the file wraps them', () => {
    for (const maker of makers) {
      const keys = keysOf(maker);
      const values = keys.flatMap((key, index): Value[] => [
        { record: recordOf(maker, payloadOf(index), 'hex'), key },
        { record: recordOf(maker, payloadOf(index), 'base64'), key, wrap: 'cdata' },
        { record: recordOf(maker, payloadOf(index), 'hex', true), key, wrap: 'lines' },
      ]);
      assert.deepEqual(verdictsOfFile(fileOf(values)), { verified: values.length }, maker.name);
    }
  });

  it('do not verify where text, key or signature is another one, and say which kind of wrong it is', () => {
    const [own, stranger] = makers.filter(({ name }) => name.endsWith('256r1')) as [Maker, Maker];
    const [key = ''] = keysOf(own);
    const record = recordOf(own, payloadOf(1), 'hex');
    const refusal = (value: Value) => verdictsOfFile(fileOf([value]));
    assert.deepEqual(refusal({ record: record.replace('"RV":2.5', '"RV":2.4'), key }), {
      OCMF_BAD_SIGNATURE: 1,
    });
    // The text as it was printed, in lines: not what was signed.
    assert.deepEqual(refusal({ record: record.replace('"RD":', '\n\t"RD":'), key }), {
      OCMF_BAD_SIGNATURE: 1,
    });
    const other = { ...stranger, name: own.name };
    const twin = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    assert.deepEqual(refusal({ record: recordOf({ ...own, ...twin }, payloadOf(1), 'hex'), key }), {
      OCMF_BAD_SIGNATURE: 1,
    });
    assert.deepEqual(refusal({ record: recordOf(other, payloadOf(1), 'hex'), key }), {
      OCMF_BAD_SIGNATURE: 1,
    });
    assert.deepEqual(refusal({ record, key: keysOf(stranger)[0] ?? '' }), { OCMF_BAD_SIGNATURE: 1 });
    assert.deepEqual(refusal({ record }), { OCMF_UNSUPPORTED: 1 });
    assert.deepEqual(refusal({ record, key: '${jndi:ldap://127.0.0.1/a}' }), { OCMF_UNSUPPORTED: 1 });
    assert.deepEqual(refusal({ record: record.replace('ECDSA-', 'RSA-'), key }), { OCMF_UNSUPPORTED: 1 });
  });
});
