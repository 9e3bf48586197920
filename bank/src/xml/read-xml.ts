import { err, ok, type DomainError, type Result } from '@roamgrid/domain';
import { SaxesParser, type SaxesTagNS } from 'saxes';

/** An element as it was read: its name without prefix, its own text, and the elements in it. */
export interface XmlElement {
  readonly name: string;
  readonly namespace: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly text: string;
  readonly children: readonly XmlElement[];
}

export type XmlError = DomainError<
  'XML_TOO_LARGE' | 'XML_NOT_UTF8' | 'XML_FORBIDDEN' | 'XML_TOO_DEEP' | 'XML_TOO_MANY' | 'XML_INVALID'
>;

/** What a document of a bank may be; a year's statement of a large account is far below. */
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_DEPTH = 32;
const MAX_ELEMENTS = 400_000;
const MAX_ATTRIBUTES = 16;

type Open = { -readonly [K in keyof XmlElement]: XmlElement[K] } & { children: XmlElement[] };

class Refused extends Error {
  readonly error: XmlError;

  constructor(code: XmlError['code'], message: string) {
    super(message);
    this.error = { code, message };
  }
}

const open = (tag: SaxesTagNS): Open => {
  const attributes = Object.values(tag.attributes).filter(
    ({ prefix, name }) => prefix !== 'xmlns' && name !== 'xmlns',
  );
  if (attributes.length > MAX_ATTRIBUTES)
    throw new Refused('XML_TOO_MANY', `${tag.local} has more than ${MAX_ATTRIBUTES} attributes`);
  return {
    name: tag.local,
    namespace: tag.uri,
    attributes: new Map(attributes.map(({ name, value }) => [name, value])),
    text: '',
    children: [],
  };
};

/** White space around an element's text is layout; between elements there is nothing else. */
const closed = (element: Open): XmlElement => {
  const text = element.text.trim();
  if (text !== '' && element.children.length > 0)
    throw new Refused('XML_INVALID', `${element.name} has text between its elements`);
  element.text = text;
  return element;
};

const parse = (text: string): XmlElement => {
  const parser = new SaxesParser({ xmlns: true, position: true });
  const path: Open[] = [];
  let root: XmlElement | undefined;
  let elements = 0;
  parser.on('error', (error) => {
    throw new Refused('XML_INVALID', `not well-formed: ${error.message}`);
  });
  parser.on('xmldecl', ({ encoding }) => {
    if (encoding !== undefined && encoding.toUpperCase() !== 'UTF-8')
      throw new Refused('XML_NOT_UTF8', `the document says that it is in ${encoding}: send it in UTF-8`);
  });
  parser.on('doctype', () => {
    throw new Refused(
      'XML_FORBIDDEN',
      'the document declares a type: no message needs one, and entities are not read',
    );
  });
  parser.on('opentag', (tag) => {
    elements += 1;
    if (elements > MAX_ELEMENTS) throw new Refused('XML_TOO_MANY', `more than ${MAX_ELEMENTS} elements`);
    if (path.length >= MAX_DEPTH) throw new Refused('XML_TOO_DEEP', `elements nest deeper than ${MAX_DEPTH}`);
    path.push(open(tag));
  });
  const addText = (more: string): void => {
    const inside = path.at(-1);
    if (inside !== undefined) inside.text += more;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => {
    const last = path.pop();
    if (last === undefined) return;
    const element = closed(last);
    const parent = path.at(-1);
    if (parent === undefined) root = element;
    else parent.children.push(element);
  });
  parser.write(text).close();
  if (root === undefined) throw new Refused('XML_INVALID', 'the document is empty');
  return root;
};

/**
 * Reads a document from whoever sent it: well-formed, in UTF-8, of bounded size, depth and number of elements, without a
 * document type, so without entities of its own and without anything to fetch. Spec: XML 1.0, Namespaces in XML 1.0.
 */
export const readXml = (bytes: Uint8Array): Result<XmlElement, XmlError> => {
  if (bytes.byteLength > MAX_BYTES)
    return err({ code: 'XML_TOO_LARGE', message: `a document has at most ${MAX_BYTES} bytes` });
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return err({ code: 'XML_NOT_UTF8', message: 'the document is not in UTF-8' });
  }
  try {
    return ok(parse(text));
  } catch (thrown) {
    if (thrown instanceof Refused) return err(thrown.error);
    throw thrown;
  }
};
