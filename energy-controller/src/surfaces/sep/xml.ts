import { XMLParser } from 'fast-xml-parser';
import { SyntaxValidator } from 'fast-xml-validator';

/** Spec: IEEE 2030.5-2018, sep.xsd, targetNamespace. */
const NAMESPACE = 'urn:ieee:std:2030.5:ns';

/** An element with attributes, texts and elements in the order of its schema; one that is undefined is left out. */
export interface Element {
  readonly name: string;
  readonly attributes?: Readonly<Record<string, string | number>>;
  readonly content: string | readonly (Element | undefined)[];
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

const written = ({ name, attributes = {}, content }: Element, more = ''): string => {
  const head = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(String(value))}"`);
  const inside =
    typeof content === 'string'
      ? escaped(content)
      : content.map((one) => (one === undefined ? '' : written(one))).join('');
  return `<${name}${more}${head.join('')}>${inside}</${name}>`;
};

export const documentOf = (element: Element): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n${written(element, ` xmlns="${NAMESPACE}"`)}`;

export const text = (name: string, value: string | number | boolean): Element => ({
  name,
  content: String(value),
});
export const link = (name: string, href: string, all?: number): Element => ({
  ...{ name, content: [] },
  attributes: { href, ...(all !== undefined && { all }) },
});

/** By the package's defaults ids of hexadecimal digits would become numbers, and two of them one. Entities are not resolved. */
const parser = new XMLParser({
  ...{ parseTagValue: false, parseAttributeValue: false, processEntities: false },
  ...{ ignoreAttributes: false, attributeNamePrefix: '@', removeNSPrefix: true, ignoreDeclaration: true },
  isArray: (name) => REPEATED.has(name),
});

/** Elements of lists. */
const REPEATED: ReadonlySet<string> = new Set([
  'EndDevice',
  'FunctionSetAssignments',
  'DERProgram',
  'DERControl',
]);

/** The named document's root, its texts as they stand there. @throws Error when it is another document, or none. */
export const readDocument = (xml: string, root: string): unknown => {
  // The parser alone reads on where a document is broken.
  SyntaxValidator.validate(xml);
  const parsed: unknown = parser.parse(xml);
  if (typeof parsed !== 'object' || parsed === null || !(root in parsed))
    throw new Error(`no ${root} in what was answered`);
  return (parsed as Record<string, unknown>)[root];
};
