import chromium from '@sparticuz/chromium';
import { chromium as playwright, type Browser } from 'playwright-core';

/** Arguments of the shipped browser that would make it laxer than a person's: the pages must work without them. */
const TOO_LAX = ['--disable-web-security', '--single-process', '--allow-running-insecure-content'];

/** A headless Chromium that ships inside npm, so that nothing has to be installed. */
export async function launchBrowser(): Promise<Browser> {
  return playwright.launch({
    executablePath: await chromium.executablePath(),
    args: chromium.args.filter((arg) => !TOO_LAX.includes(arg)),
    headless: true,
  });
}
