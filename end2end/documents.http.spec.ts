// What a page is to those who only read it: search engines, link previews, and a browser before any
// script has run.
import { expect, test, type Page } from "@playwright/test";
import { bring, euros, type Goods } from "./support/goods";
import { STORE } from "./support/wire";
import { productsPublished } from "./support/written";

test.use({ javaScriptEnabled: false });

let lamp: Goods;
let vase: Goods;

test.beforeAll(async () => {
  lamp = await bring("Reading lamp", { cents: 12_345, left: 9 });
  vase = await bring("Vase", { cents: 990, left: 0 });
});

const PUBLIC = ["/", "/c/electronics", "/c/electronics/computers", "/p/laptop", "/credits"];
const PRIVATE = ["/cart", "/checkout", "/orders/V-0000-0000?key=x", "/nothing/here"];

/** The attribute of the one element there is of a kind. */
const only = (page: Page, selector: string, attribute: string) =>
  expect(page.locator(selector), selector).toHaveCount(1).then(() => page.locator(selector).getAttribute(attribute));

interface StructuredData {
  "@type": string;
  [property: string]: unknown;
}

async function structuredData(page: Page, type: string): Promise<StructuredData> {
  const texts = await page.locator('script[type="application/ld+json"]').allTextContents();
  const all = texts.map((text) => JSON.parse(text) as StructuredData);
  for (const one of all) expect(one["@context"]).toBe("https://schema.org");
  const found = all.filter((one) => one["@type"] === type);
  expect(found, type).toHaveLength(1);
  return found[0];
}

for (const path of [...PUBLIC, ...PRIVATE]) {
  test(`${path} is a whole document with one heading that says what it is`, async ({ page }) => {
    await page.goto(path);
    await expect(page.locator("html")).toHaveAttribute("lang", "en");
    await expect(page.locator("h1")).toHaveCount(1);
    await expect(page.locator("h1")).not.toBeEmpty();
    await expect(page.locator("head title")).toHaveCount(1);
    await expect(page).toHaveTitle(/Vitrine/);
    await expect(page.locator("main")).toHaveCount(1);
    expect(await only(page, 'head meta[name="viewport"]', "content")).toContain("width=device-width");
  });
}

for (const path of PUBLIC) {
  test(`${path} tells who it is to those who have not seen it`, async ({ page }) => {
    await page.goto(`${path}?utm_source=elsewhere`);
    expect(await only(page, 'head link[rel="canonical"]', "href")).toBe(`${STORE}${path}`);
    const description = await only(page, 'head meta[name="description"]', "content");
    expect(description?.length).toBeGreaterThan(20);
    expect(await only(page, 'head meta[property="og:url"]', "content")).toBe(`${STORE}${path}`);
    expect(await only(page, 'head meta[property="og:title"]', "content")).toBeTruthy();
    await expect(page.locator('head meta[name="robots"]')).toHaveCount(0);
  });
}

for (const path of PRIVATE) {
  test(`${path} asks search engines to leave it out`, async ({ page }) => {
    await page.goto(path);
    expect(await only(page, 'head meta[name="robots"]', "content")).toContain("noindex");
    await expect(page.locator('head link[rel="canonical"]')).toHaveCount(0);
  });
}

test("titles and descriptions tell pages apart", async ({ page }) => {
  const told = new Set<string>();
  for (const path of PUBLIC) {
    await page.goto(path);
    const description = await page.locator('meta[name="description"]').getAttribute("content");
    told.add(`${await page.title()}\n${description}`);
  }
  expect(told.size).toBe(PUBLIC.length);
});

test("pages that are made at the same moment keep their heads apart", async ({ request }) => {
  const titles: Record<string, RegExp> = {
    "/cart": /^Cart/,
    "/nothing/here": /^Page not found/,
    "/p/laptop?quantity=0&problem=quantity_zero": /^Laptop/,
    "/p/tablet?quantity=0&problem=quantity_zero": /^Tablet/,
  };
  const asked = Array.from({ length: 6 }, () => Object.keys(titles)).flat();
  const answers = await Promise.all(asked.map(async (path) => ({ path, html: await (await request.get(path)).text() })));
  for (const { path, html } of answers) {
    const head = html.slice(0, html.indexOf("</head>"));
    expect([...head.matchAll(/<title>/g)], path).toHaveLength(1);
    expect(/<title>([^<]*)/.exec(head)?.[1], path).toMatch(titles[path]);
    expect([...head.matchAll(/name="robots"/g)], path).toHaveLength(path.startsWith("/p/") ? 0 : 1);
    expect([...head.matchAll(/rel="canonical"/g)], path).toHaveLength(path.startsWith("/p/") ? 1 : 0);
  }
});

test("a product tells its price, and whether it can be bought, in structured data", async ({ page }) => {
  for (const [item, price, availability] of [
    [lamp, "123.45", "https://schema.org/InStock"],
    [vase, "9.90", "https://schema.org/OutOfStock"],
  ] as const) {
    await page.goto(`/p/${item.slug}`);
    const product = await structuredData(page, "Product");
    expect(product).toMatchObject({ name: item.name, sku: item.sku, url: `${STORE}/p/${item.slug}` });
    expect(product["offers"]).toMatchObject([
      { "@type": "Offer", sku: item.sku, price, priceCurrency: "EUR", availability, url: `${STORE}/p/${item.slug}` },
    ]);
  }
});

test("a product with options offers each variant at the price that its page shows", async ({ page }) => {
  await page.goto("/p/laptop");
  const product = await structuredData(page, "Product");
  const offers = product["offers"] as { sku: string; price: string; name: string }[];
  expect(offers.length).toBeGreaterThan(1);
  for (const { sku, price, name } of offers) {
    expect(name).toBeTruthy();
    await page.goto(`/p/laptop?sku=${sku}`);
    await expect(page.locator("main .price").first()).toHaveText(euros(Math.round(Number(price) * 100)));
  }
  const pictures = product["image"] as string[];
  expect(pictures.length).toBeGreaterThan(0);
  for (const picture of pictures) {
    expect(picture.startsWith(`${STORE}/media/`)).toBe(true);
    expect((await page.request.get(picture)).headers()["content-type"]).toBe("image/jpeg");
  }
});

for (const path of ["/p/laptop", "/c/electronics/computers"]) {
  test(`${path} names the way to it in structured data, and its links answer`, async ({ page }) => {
    await page.goto(path);
    const way = await structuredData(page, "BreadcrumbList");
    const steps = way["itemListElement"] as { "@type": string; position: number; name: string; item: string }[];
    expect(steps.map((step) => step.position)).toEqual(steps.map((_, index) => index + 1));
    expect(steps.length).toBeGreaterThan(2);
    expect(steps[0].item).toBe(`${STORE}/`);
    expect(steps.at(-1)?.item).toBe(`${STORE}${path}`);
    for (const step of steps) {
      expect(step.name).toBeTruthy();
      await expect(await page.request.get(step.item)).toBeOK();
    }
  });
}

test("what is shared shows a picture of what it is about, and says what that is", async ({ page }) => {
  for (const [path, kind] of [["/p/laptop", "product"], ["/c/electronics", "website"], ["/", "website"]]) {
    await page.goto(path);
    expect(await only(page, 'head meta[property="og:type"]', "content"), path).toBe(kind);
    const picture = (await only(page, 'head meta[property="og:image"]', "content")) ?? "";
    expect(picture.startsWith(`${STORE}/media/`), path).toBe(true);
    const answer = await page.request.get(picture);
    await expect(answer, path).toBeOK();
    expect(answer.headers()["content-type"], path).toBe("image/jpeg");
  }
});

test("without scripts a page says whose price it shows and what the other choices cost", async ({ page }) => {
  await page.goto("/p/laptop");
  const offers = (await structuredData(page, "Product"))["offers"] as { price: string; name: string }[];
  await page.getByText("What each choice costs").click();
  const main = page.getByRole("main");
  for (const { price, name } of offers) {
    const row = main.locator("details div").filter({ has: page.getByRole("term").filter({ hasText: name }) });
    await expect(row.getByRole("definition")).toHaveText(euros(Math.round(Number(price) * 100)));
  }
  await page.goto(`/p/${lamp.slug}`);
  await expect(page.getByText("What each choice costs")).toHaveCount(0);
});

test("robots.txt keeps crawlers from what is personal and names the sitemap", async ({ request }) => {
  const answer = await request.get("/robots.txt");
  await expect(answer).toBeOK();
  expect(answer.headers()["content-type"]).toContain("text/plain");
  const lines = (await answer.text()).split("\n");
  const personal = ["/cart", "/checkout", "/orders/", "/line/*/place"].map((path) => `Disallow: ${path}`);
  for (const line of [...personal, `Sitemap: ${STORE}/sitemap.xml`]) {
    expect(lines).toContain(line);
  }
});

test("the sitemap lists every published product once, and what it lists answers", async ({ request }) => {
  const before = await productsPublished();
  const answer = await request.get("/sitemap.xml");
  await expect(answer).toBeOK();
  expect(answer.headers()["content-type"]).toContain("xml");
  const read = async () => {
    const text = await (await request.get("/sitemap.xml")).text();
    return [...text.matchAll(/<loc>([^<]+)<\/loc>/g)].map((match) => match[1]);
  };
  const ofProducts = (addresses: string[]) => addresses.filter((address) => address.startsWith(`${STORE}/p/`)).length;
  // It is made anew every ten seconds.
  await expect.poll(async () => ofProducts(await read()), { timeout: 20_000 }).toBeGreaterThanOrEqual(before);
  const addresses = await read();
  expect(new Set(addresses).size).toBe(addresses.length);
  for (const path of ["/", "/credits", `/p/${lamp.slug}`]) expect(addresses).toContain(`${STORE}${path}`);
  const products = ofProducts(addresses);
  // Other stories may have put more on sale since the sitemap was made.
  expect(products).toBeLessThanOrEqual(await productsPublished());
  for (const address of addresses.filter((_, index) => index % 8 === 0)) {
    expect(address.startsWith(`${STORE}/`)).toBe(true);
    await expect(await request.get(address), address).toBeOK();
  }
});
