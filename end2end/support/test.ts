// The `test` of the stories: each begins with a shopper who has never been here.
import { test as base, expect, type BrowserContext } from "@playwright/test";
import { markListeners } from "./alive";
import { Shopper } from "./shopper";

interface Stories {
  /** Whether the browser runs scripts: the project says. */
  scripts: boolean;
  shopper: Shopper;
  /** Somebody else, with a browser of their own. */
  somebodyElse: Shopper;
}

export const test = base.extend<Stories>({
  scripts: async ({ javaScriptEnabled }, use) => {
    await use(javaScriptEnabled !== false);
  },
  context: async ({ context, scripts }, use) => {
    await prepare(context, scripts);
    await use(context);
  },
  shopper: async ({ page, scripts }, use) => {
    await use(new Shopper(page, scripts));
  },
  somebodyElse: async ({ browser, baseURL, contextOptions, locale, scripts }, use) => {
    const context = await browser.newContext({
      ...contextOptions,
      baseURL,
      locale,
      javaScriptEnabled: scripts,
    });
    await prepare(context, scripts);
    await use(new Shopper(await context.newPage(), scripts));
    await context.close();
  },
});

async function prepare(context: BrowserContext, scripts: boolean): Promise<void> {
  if (scripts) await markListeners(context);
}

export { expect };
