import axe from 'axe-core';
import type { Page } from 'playwright-core';

const SCHEMES = ['light', 'dark'] as const;
const WIDTHS = [390, 1280] as const;
/** WCAG 2.2 AA, and what the rule's authors call good practice. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/**
 * What axe-core finds wrong with the page as it stands, on a phone and a desktop, light and dark, and whether anything
 * sticks out to the side.
 */
export async function accessibilityProblems(page: Page): Promise<readonly string[]> {
  const problems: string[] = [];
  const before = page.viewportSize();
  await page.evaluate(`if (!('axe' in window)) { ${axe.source} }`);
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 800 });
    const overflows = await page.evaluate(
      'document.documentElement.scrollWidth > document.documentElement.clientWidth',
    );
    if (overflows === true) problems.push(`at ${width} px the page scrolls sideways`);
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme });
      const { violations } = await page.evaluate<axe.AxeResults>(
        `axe.run(document, { runOnly: ${JSON.stringify(RULES)}, resultTypes: ['violations'] })`,
      );
      for (const { id, nodes } of violations) {
        problems.push(`${id} at ${width} px ${colorScheme}: ${nodes.map(({ html }) => html).join(' ')}`);
      }
    }
  }
  if (before) await page.setViewportSize(before);
  return problems;
}

/** Collects what the page's live region says from now on, also across screens that pass quickly. */
export async function hearAnnouncements(page: Page): Promise<() => Promise<readonly string[]>> {
  await page.evaluate(`{
    const region = document.querySelector('[aria-live]');
    window.heard = [];
    new MutationObserver(() => window.heard.push(region.textContent)).observe(region, { childList: true, characterData: true, subtree: true });
  }`);
  return () => page.evaluate<string[]>('window.heard');
}

/** Moves the focus by the Tab key alone until the element of this role and name has it. @throws when it cannot be reached */
export async function tabTo(
  page: Page,
  role: 'button' | 'textbox' | 'link' | 'combobox' | 'region',
  name: string | RegExp,
): Promise<void> {
  const wanted = page.getByRole(role, { name, exact: typeof name === 'string' });
  for (let step = 0; step < 60; step += 1) {
    await page.keyboard.press('Tab');
    if ((await wanted.and(page.locator(':focus')).count()) > 0) return;
  }
  throw new Error(`the Tab key never reaches ${role} ${String(name)}`);
}
