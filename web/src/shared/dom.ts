type Child = Node | string | undefined;
type Attributes = Readonly<Record<string, string | boolean | ((event: Event) => void)>>;

/** Build an element. Text is always text: nothing from the network is read as HTML. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.replace(/^on/, ''), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

/** A list of facts: term on the left, value on the right. */
export function facts(rows: readonly (readonly [string, string])[]): HTMLElement {
  return h(
    'dl',
    { class: 'facts' },
    ...rows.flatMap(([term, value]) => [h('dt', {}, term), h('dd', {}, value)]),
  );
}

/**
 * Make `shown` look like `wanted` by changing only what differs, so that a button under a finger, the focus and a
 * screen reader's place survive a change of numbers. Listeners of what stays in place stay those of `shown`.
 */
export function patch(shown: Element, wanted: Element): void {
  if (shown.tagName !== wanted.tagName || shown.childNodes.length !== wanted.childNodes.length) {
    shown.replaceWith(wanted);
    return;
  }
  for (const { name, value } of wanted.attributes) {
    if (shown.getAttribute(name) !== value) shown.setAttribute(name, value);
  }
  const pairs = [...shown.childNodes].map((node, i) => [node, wanted.childNodes[i]] as const);
  for (const [node, other] of pairs) {
    if (node instanceof Element && other instanceof Element) patch(node, other);
    else if (other && node.textContent !== other.textContent) node.replaceWith(other);
  }
}
