// What a visit costs, counted: bytes on the wire, requests to elsewhere, and how much moves under the
// reader's eyes. A kB is 1000 bytes.
import { expect, test, type Page } from "@playwright/test";
import { bring } from "./support/goods";
import { withoutNews } from "./support/news";
import { add, order, pay } from "./support/shopping";
import { BROTLI, STORE, ask } from "./support/wire";
import { sessionsOfOnlookers } from "./support/written";

const kB = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;

/** Writes a figure into the report and the output. */
function tell(type: string, description: string): void {
  test.info().annotations.push({ type, description });
  console.log(`    ${type}: ${description}`);
}

/** Goes to a page and stays until all that can wake is awake and nothing more comes. */
async function settle(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await page.locator("html[data-awake], html:not(:has(leptos-island))").waitFor({ state: "attached" });
  await page.waitForLoadState("networkidle");
}

/** Everything the page asks for until nothing more comes, and what the browser complains of. */
async function visit(page: Page, path: string): Promise<{ asked: URL[]; complaints: string[] }> {
  const asked: URL[] = [];
  const complaints: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url())));
  page.on("console", (said) => {
    if (["error", "warning"].includes(said.type())) complaints.push(said.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  await withoutNews(page);
  await settle(page, path);
  // Pictures that wait until they come near are asked for too.
  await page.keyboard.press("End");
  await page.waitForLoadState("networkidle");
  return { asked: asked.filter(({ protocol }) => protocol.startsWith("http")), complaints };
}

/** What a file weighs on its way to a browser that takes brotli. */
async function weight(path: string): Promise<number> {
  const { status, headers, body } = await ask(path, { headers: BROTLI });
  expect(status, path).toBe(200);
  expect(headers["content-encoding"], path).toBe("br");
  return body.length;
}

const ending = (asked: URL[], ...ends: string[]) => [
  ...new Set(asked.map(({ pathname }) => pathname).filter((path) => ends.some((end) => path.endsWith(end)))),
];

for (const slug of ["laptop", "tripod"]) {
  test(`the page of the ${slug} is light`, async ({ page }) => {
    const { asked, complaints } = await visit(page, `/p/${slug}`);
    expect(complaints).toEqual([]);

    const programs = ending(asked, ".js", ".wasm");
    expect(programs.some((path) => path.endsWith(".wasm"))).toBe(true);
    const weights = await Promise.all(programs.map(weight));
    programs.forEach((path, index) => tell(path, kB(weights[index])));
    const program = weights.reduce((sum, one) => sum + one, 0);
    tell("JavaScript and WebAssembly", `${kB(program)} of 54 kB`);
    expect.soft(program).toBeLessThanOrEqual(54_000);

    const html = await weight(`/p/${slug}`);
    tell("HTML", `${kB(html)} of 20 kB`);
    expect.soft(html).toBeLessThanOrEqual(20_000);

    const styles = await Promise.all(ending(asked, ".css").map(weight));
    expect(styles.length).toBeGreaterThan(0);
    const style = styles.reduce((sum, one) => sum + one, 0);
    tell("CSS", `${kB(style)} of 15 kB`);
    expect.soft(style).toBeLessThanOrEqual(15_000);

    const fonts = ending(asked, ".woff2");
    expect(fonts.length).toBeLessThanOrEqual(1);
    for (const font of fonts) {
      const { body } = await ask(font);
      tell("font", `${kB(body.length)} of 25 kB`);
      expect.soft(body.length).toBeLessThanOrEqual(25_000);
    }
  });
}

const PAGES = ["/", "/c/electronics", "/p/laptop", "/cart", "/checkout", "/credits", "/nothing"];

for (const path of PAGES) {
  test(`${path} asks nobody but the store, and runs without a complaint`, async ({ page }) => {
    const { asked, complaints } = await visit(page, path);
    expect(asked.length).toBeGreaterThan(2);
    expect([...new Set(asked.map(({ origin }) => origin))]).toEqual([STORE]);
    // The browser says of a page that is not there that it is not there.
    expect(complaints.filter((said) => !(path === "/nothing" && said.includes("404")))).toEqual([]);
  });
}

interface Shift {
  value: number;
  what: string[];
}

/** Notes every shift of what is shown that nobody caused by a key or a click. */
function watchShifts(): void {
  const shifts: Shift[] = [];
  Object.assign(window, { shifts });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as (PerformanceEntry & {
      value: number;
      hadRecentInput: boolean;
      sources: { node?: Node }[];
    })[]) {
      const what = entry.sources.map(({ node }) => (node as Element | undefined)?.outerHTML?.slice(0, 120) ?? "");
      if (!entry.hadRecentInput) shifts.push({ value: entry.value, what });
    }
  }).observe({ type: "layout-shift", buffered: true });
}

for (const [width, height] of [[390, 844], [820, 1180], [1440, 900]]) {
  test.describe(`at ${width} px`, () => {
    test.use({ viewport: { width, height } });

    test("nothing moves while a page is loaded and read", async ({ page }) => {
      const goods = await bring("Notebook");
      await add(page.request, goods);
      await page.addInitScript(watchShifts);
      await withoutNews(page);
      const bought = async () => pay(page.request, await order(page.request), "success");
      const paths = ["/", "/c/electronics", "/p/laptop", "/p/tripod", "/credits", "/nothing", "/line/later", "/cart", "/checkout", bought];
      for (const way of paths) {
        const path = typeof way === "string" ? way : await way();
        await settle(page, path);
        // The wheel, because a key would excuse what moves after it.
        for (let screen = 0; screen < 4; screen += 1) await page.mouse.wheel(0, height);
        await page.waitForLoadState("networkidle");
        await page.evaluate(() => new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted))));
        const shifts = await page.evaluate(() => (window as unknown as { shifts: Shift[] }).shifts);
        tell(`shift of ${path}`, String(shifts.reduce((sum, { value }) => sum + value, 0)));
        expect(shifts, path).toEqual([]);
      }
    });

    test("the watch sees what moves", async ({ page }) => {
      await page.addInitScript(watchShifts);
      await withoutNews(page);
      await page.goto("/p/laptop", { waitUntil: "networkidle" });
      await page.evaluate(() => document.body.prepend(Object.assign(document.createElement("p"), { style: "height: 300px" })));
      await expect.poll(() => page.evaluate(() => (window as unknown as { shifts: Shift[] }).shifts.length)).toBeGreaterThan(0);
    });
  });
}

test("a visitor who only looks is given no cookie, and nothing is written for him", async ({ page, context }) => {
  const written = await sessionsOfOnlookers();
  await withoutNews(page);
  for (const path of [...PAGES, "/"]) await settle(page, path);
  expect(await context.cookies()).toEqual([]);
  expect(await sessionsOfOnlookers()).toBe(written);

  await add(page.request, await bring("Postcard"));
  const cookies = await context.cookies();
  expect(cookies).toHaveLength(1);
  expect(cookies[0]).toMatchObject({ name: "session", httpOnly: true, sameSite: "Lax", path: "/" });
});
