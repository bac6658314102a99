// When the page's program comes: behind everything else, at the first touch at the latest, and never to a
// page that nobody sees yet.
import type { Page } from "@playwright/test";
import { bring } from "../support/goods";
import { linesInCart } from "../support/shopping";
import { expect, test } from "../support/test";

/** How long the program waits for photographs, in milliseconds (`app/src/shell/start.js`). */
const PATIENCE = 2_000;

const isProgram = (address: string) => /\/pkg\/[^/]+\.(js|wasm)$/.test(address);

const isAwake = (page: Page) => expect(page.locator("html")).toHaveAttribute("data-awake");

/** Notes what the page asks for of its program and of what only a page that is seen needs. */
function asked(page: Page): string[] {
  const asked: string[] = [];
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (isProgram(pathname) || /^\/(events|api)\b/.test(pathname)) asked.push(pathname);
  });
  return asked;
}

/** The page is never done with its photographs, and nothing happens because it has waited long enough. */
async function neverLoaded(page: Page): Promise<void> {
  await page.route("**/media/**", () => undefined);
  await page.addInitScript((patience) => {
    const wait = window.setTimeout;
    const impatient = (call: TimerHandler, after?: number) => (after === patience ? 0 : wait(call, after));
    Object.assign(window, { setTimeout: impatient });
  }, PATIENCE);
}

/** Lets the browser do everything that it has put off. */
const idle = (page: Page) => page.evaluate(() => new Promise((done) => requestIdleCallback(() => requestIdleCallback(done))));

test("the program comes when the page is loaded, compiled while it arrives", async ({ page }) => {
  await page.addInitScript(() => {
    const compile = WebAssembly.instantiateStreaming;
    WebAssembly.instantiateStreaming = (...what: Parameters<typeof compile>) => {
      Object.assign(window, { compiledStreaming: true });
      return compile(...what);
    };
  });
  const arrives = page.waitForResponse(/\.wasm$/);
  await page.goto("/p/laptop");
  const headers = await (await arrives).allHeaders();
  expect(headers["content-type"]).toBe("application/wasm");
  await isAwake(page);
  expect(await page.evaluate(() => "compiledStreaming" in window)).toBe(true);

  const { loaded, begun } = await page.evaluate(() => {
    const [visit] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
    const files = performance.getEntriesByType("resource");
    const program = files.filter(({ name }) => /\/pkg\/[^/]+\.(js|wasm)$/.test(name));
    return { loaded: visit.loadEventStart, begun: program.map(({ startTime }) => startTime) };
  });
  expect(begun.length).toBeGreaterThanOrEqual(2);
  expect(Math.min(...begun)).toBeGreaterThanOrEqual(Math.min(loaded, PATIENCE));
});

const TOUCHES: [string, (page: Page) => Promise<void>][] = [
  ["press of the mouse", (page) => page.mouse.down()],
  ["key", (page) => page.keyboard.press("Shift")],
  ["focus", (page) => page.locator("#quantity").focus()],
];

for (const [touch, act] of TOUCHES) {
  test(`the first ${touch} wakes a page that is still loading`, async ({ page }) => {
    await neverLoaded(page);
    const program = asked(page);
    await page.goto("/p/laptop", { waitUntil: "domcontentloaded" });
    await idle(page);
    expect(program).toEqual([]);
    await act(page);
    await isAwake(page);
  });
}

test("what is clicked before the program is there happens all the same", async ({ page, shopper }) => {
  const cup = await bring("Cup");
  await page.route(/\.wasm$/, () => undefined);
  await page.goto(`/p/${cup.slug}`, { waitUntil: "domcontentloaded" });
  await shopper.product.quantity.fill("2");
  await shopper.product.add.click();
  await expect(page).toHaveURL(/\/cart$/);
  expect(await linesInCart(page.request)).toMatchObject([{ item: { sku: cup.sku }, quantity: 2 }]);
});

test("a page that is made ready fetches no program and asks nothing before it is shown", async ({ page }) => {
  const cup = await bring("Cup");
  await page.addInitScript((patience) => {
    // Somebody who has a cart, as it was an hour ago: a page that is shown asks how it stands.
    localStorage.setItem("vitrine-cart-at", "0");
    Object.defineProperty(document, "prerendering", { value: true, configurable: true });
    const wait = window.setTimeout;
    const patient = (call: TimerHandler, after?: number) => wait(call, after === patience ? 0 : after);
    Object.assign(window, { setTimeout: patient });
  }, PATIENCE);
  const wanted = asked(page);
  await page.goto(`/p/${cup.slug}`);
  await idle(page);
  expect(wanted).toEqual([]);

  await page.evaluate(() => {
    Object.defineProperty(document, "prerendering", { value: false });
    document.dispatchEvent(new Event("prerenderingchange"));
  });
  await isAwake(page);
  await expect.poll(() => wanted.map((path) => path.split("/")[1])).toEqual(expect.arrayContaining(["pkg", "api", "events"]));
});

const moving = (page: Page) =>
  page.evaluate(() => {
    const parts = Array.from(document.querySelectorAll("*")).flatMap((element) =>
      [null, "::before", "::after", "::backdrop"].map((pseudo) => getComputedStyle(element, pseudo)),
    );
    const seconds = (times: string) => Math.max(...times.split(",").map((time) => parseFloat(time) || 0));
    const runs = ({ animationName, animationDuration, transitionDuration }: CSSStyleDeclaration) =>
      seconds(transitionDuration) > 0 ||
      (animationName !== "none" && (animationDuration === "auto" || seconds(animationDuration) > 0));
    return parts.filter(runs).length;
  });

/** Notes on each page whether the one before it moves into it. */
const noteTransitions = (page: Page) =>
  page.addInitScript(() => {
    addEventListener("pagereveal", (event) => {
      Object.assign(window, { moved: (event as Event & { viewTransition: unknown }).viewTransition !== null });
    });
  });

for (const [reducedMotion, moves] of [["reduce", false], ["no-preference", true]] as const) {
  test.describe(`for those who prefer "${reducedMotion}"`, () => {
    test.use({ contextOptions: { reducedMotion } });

    test(moves ? "pages move into each other" : "nothing moves by itself", async ({ page }) => {
      await noteTransitions(page);
      for (const path of ["/", "/c/electronics", "/p/laptop", "/cart"]) {
        await page.goto(path);
        expect((await moving(page)) > 0, path).toBe(moves);
      }
      await page.goto("/p/laptop");
      await page.evaluate(() => location.assign("/c/electronics"));
      await expect(page.getByRole("heading", { level: 1, name: "Electronics" })).toBeVisible();
      await expect.poll(() => page.evaluate(() => (window as unknown as { moved?: boolean }).moved)).toBe(moves);
    });
  });
}
