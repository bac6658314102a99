// The next page is made ready while the shopper still thinks about it.
import { expect, test } from "@playwright/test";

test("a page that is pointed at is made ready, one visitor's own never is", async ({ page }) => {
  const browser = await page.context().newCDPSession(page);
  const faults: string[] = [];
  const ready = new Set<string>();
  browser.on("Preload.ruleSetUpdated", ({ ruleSet }) => {
    if (ruleSet.errorMessage) faults.push(ruleSet.errorMessage);
  });
  for (const told of ["Preload.prerenderStatusUpdated", "Preload.prefetchStatusUpdated"] as const) {
    browser.on(told, ({ key }) => ready.add(new URL(key.url).pathname));
  }
  await browser.send("Preload.enable");
  await page.goto("/");
  const product = page.locator("main a[href^='/p/']").first();
  const address = await product.getAttribute("href");
  await page.getByRole("link", { name: /^Cart/ }).hover();
  await product.hover();
  await expect.poll(() => [...ready]).toContain(address);
  expect([...ready].filter((path) => !/^\/(p|c)\//.test(path))).toEqual([]);
  expect(faults).toEqual([]);
});

test("the first photograph of a page is fetched once, and first", async ({ page }) => {
  const fetched: string[] = [];
  page.on("request", (request) => {
    if (request.resourceType() === "image") fetched.push(new URL(request.url()).pathname);
  });
  await page.goto("/p/laptop", { waitUntil: "load" });
  const preload = page.locator("head link[rel=preload][as=image]");
  await expect(preload).toHaveCount(1);
  const first = page.locator("main picture").first();
  expect(await preload.getAttribute("imagesrcset")).toBe(
    await first.locator("source").getAttribute("srcset"),
  );
  expect(await preload.getAttribute("imagesizes")).toBe(
    await first.locator("source").getAttribute("sizes"),
  );
  const shown = await first.locator("img").evaluate((image: HTMLImageElement) => image.currentSrc);
  expect(fetched.filter((path) => path === new URL(shown).pathname)).toHaveLength(1);
});
