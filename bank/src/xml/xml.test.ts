import assert from 'node:assert/strict';
import fc from 'fast-check';
import { unwrap } from '@roamgrid/domain';
import { readXml, type XmlElement } from './read-xml.ts';
import { writeXml, type XmlNode } from './write-xml.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const refusal = (text: string | Uint8Array): string => {
  const read = readXml(typeof text === 'string' ? bytes(text) : text);
  return read.ok ? 'taken' : read.error.code;
};

describe('documents of banks', () => {
  const refused: readonly (readonly [what: string, code: string, text: string | Uint8Array])[] = [
    ['a document type', 'XML_FORBIDDEN', '<!DOCTYPE a><a/>'],
    ['entities that grow', 'XML_FORBIDDEN', '<!DOCTYPE a [<!ENTITY x "xx"><!ENTITY y "&x;&x;">]><a>&y;</a>'],
    [
      'an entity that names a file',
      'XML_FORBIDDEN',
      '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    ],
    ['an entity of nobody', 'XML_INVALID', '<a>&x;</a>'],
    ['an element that is not closed', 'XML_INVALID', '<a><b></a>'],
    ['half a document', 'XML_INVALID', '<a><b>1</b>'],
    ['two documents', 'XML_INVALID', '<a/><a/>'],
    ['nothing', 'XML_INVALID', ''],
    ['an attribute twice', 'XML_INVALID', '<a b="1" b="2"/>'],
    ['a prefix of nobody', 'XML_INVALID', '<x:a/>'],
    ['text between elements', 'XML_INVALID', '<a>1<b/></a>'],
    ['a control character', 'XML_INVALID', '<a>&#1;</a>'],
    ['elements a hundred deep', 'XML_TOO_DEEP', '<a>'.repeat(100) + '</a>'.repeat(100)],
    [
      'a hundred attributes',
      'XML_TOO_MANY',
      `<a ${Array.from({ length: 100 }, (_, at) => `b${at}=""`).join(' ')}/>`,
    ],
    ['half a million elements', 'XML_TOO_MANY', `<a>${'<b/>'.repeat(500_000)}</a>`],
    [
      'bytes that are no UTF-8',
      'XML_NOT_UTF8',
      Uint8Array.from([0x3c, 0x61, 0x3e, 0xe9, 0x3c, 0x2f, 0x61, 0x3e]),
    ],
    ['another encoding', 'XML_NOT_UTF8', '<?xml version="1.0" encoding="ISO-8859-1"?><a/>'],
    ['too many bytes', 'XML_TOO_LARGE', new Uint8Array(17 * 1024 * 1024)],
  ];
  for (const [what, code, text] of refused)
    it(`with ${what} are refused: ${code}`, () => {
      assert.equal(refusal(text), code);
    });

  it('are read with their prefixes resolved, layout dropped, CDATA and references as text', () => {
    const text =
      '\uFEFF<?xml version="1.0" encoding="utf-8"?>\n<!-- c --><p:a xmlns:p="urn:x" k="v">\n <p:b> 1 </p:b><p:b><![CDATA[<2>]]>&amp;&#x33;</p:b>\n</p:a>';
    const root = unwrap(readXml(bytes(text)));
    assert.deepEqual([root.name, root.namespace, root.attributes.get('k')], ['a', 'urn:x', 'v']);
    assert.deepEqual(
      root.children.map(({ name, text: own }) => [name, own]),
      [
        ['b', '1'],
        ['b', '<2>&3'],
      ],
    );
  });

  it('read back as they were written', () => {
    const name = fc.constantFrom('A', 'Bb', 'Ccc');
    // XML has no control characters, reads \r as \n, and layout around a text is not part of it.
    const text = fc.string({ unit: 'grapheme', maxLength: 20 }).map((one) => one.trim());
    const node = fc.letrec<{ node: XmlNode }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        fc.tuple(
          name,
          text,
          fc.record({ k: text.map((one) => one.replaceAll(/\s/g, ' ')) }, { noNullPrototype: true }),
        ),
        fc.tuple(name, fc.array(tie('node'), { minLength: 1, maxLength: 4 }), fc.constant({})),
      ),
    })).node;
    const shape = (element: XmlElement): unknown => [
      element.name,
      element.children.length === 0 ? element.text : element.children.map(shape),
      Object.fromEntries(element.attributes),
    ];
    fc.assert(
      fc.property(node, (root) => {
        assert.deepEqual(shape(unwrap(readXml(bytes(writeXml(root))))), root);
      }),
    );
  });

  it('never make the reader throw', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'<>/!?&;"=[]-a x:#DOCTYPE'.split('')) }), (text) => {
        assert.equal(typeof readXml(bytes(text)).ok, 'boolean');
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (some) => {
        assert.equal(typeof readXml(some).ok, 'boolean');
      }),
    );
  });

  it('are not written with what XML cannot hold', () => {
    assert.throws(() => writeXml(['a', '\u0001']), /cannot/);
  });
});
