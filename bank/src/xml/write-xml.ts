/** An element to be written: a name, then a text or the elements in it; what is undefined is left out. */
export type XmlNode = readonly [
  name: string,
  content: string | readonly (XmlNode | undefined)[],
  attributes?: Readonly<Record<string, string>>,
];

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

const escaped = (text: string): string => text.replaceAll(/[&<>"]/g, (found) => ESCAPES[found] ?? found);

/** What XML cannot hold, however it is written. Spec: XML 1.0 §2.2. */
const UNWRITABLE = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|\p{Surrogate}/u;

const element = ([name, content, attributes = {}]: XmlNode, indent: string): string => {
  const head = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${escaped(value)}"`)
    .join('');
  if (typeof content === 'string') return `${indent}<${name}${head}>${escaped(content)}</${name}>\n`;
  const inside = content.map((child) => (child === undefined ? '' : element(child, `${indent}  `))).join('');
  return `${indent}<${name}${head}>\n${inside}${indent}</${name}>\n`;
};

/** The document as text. Throws when a text holds what XML cannot: a broken invariant of whoever made it. */
export const writeXml = (root: XmlNode): string => {
  const text = `<?xml version="1.0" encoding="UTF-8"?>\n${element(root, '')}`;
  if (UNWRITABLE.test(text)) throw new Error('writeXml: a text holds a character that XML cannot');
  return text;
};
