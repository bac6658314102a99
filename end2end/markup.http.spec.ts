// What a merchant writes is text wherever it stands: no name of a thing becomes an element of a page.
import { randomBytes } from "node:crypto";
import { expect, test } from "@playwright/test";
import { AS_PROGRAM, order, pay } from "./support/shopping";
import { importFile } from "./support/store";

test.use({ javaScriptEnabled: false });

/** Every way out of the places a text can stand in: a title, an attribute, a script, a comment. */
const foreign = (what: string) =>
  `${what} </title></script>--></template>"'><foreign-thing onload="alert(1)"></foreign-thing><script>alert(1)</script>&lt;`;

const mark = randomBytes(4).toString("hex");
const slug = `cap-${mark}`;
// Not at the root, whose categories stand on every page of the other stories.
const category = `electronics/computers/caps-${mark}`;

const variant = (size: string, amount: number) => ({
  sku: `CAP-${size}-${mark}`.toUpperCase(),
  options: [foreign(size)],
  tax_class: "standard",
  prices: [{ currency: "EUR", amount }],
});

const product = {
  translations: {
    en: {
      name: foreign("Cap"),
      slug,
      description: foreign("A cap."),
      seo: { title: foreign("Caps"), description: foreign("All caps.") },
    },
  },
  brand: foreign("Brand"),
  categories: [category],
  options: [{ code: "size", name: foreign("Size"), values: [foreign("S"), foreign("L")] }],
  variants: [variant("S", 1_900), variant("L", 2_100)],
  attributes: [{ name: foreign("Weight"), value: foreign("light") }],
};
const [{ sku }] = product.variants;

test("no name of a thing becomes an element of a page", async ({ page }) => {
  await importFile("jsonl", [
    JSON.stringify({ category: { path: category, names: { en: foreign("Headgear") } } }),
    JSON.stringify({ product, stock: { [sku]: 5 } }),
  ]);
  const form = { sku, quantity: "1" };
  await expect(await page.request.post("/api/cart/add", { headers: AS_PROGRAM, form })).toBeOK();
  const told = [`/p/${slug}`, `/p/${slug}?sku=${sku}`, `/c/${category}`, "/c/electronics/computers", "/cart", "/checkout"];
  for (const path of told) {
    await page.goto(path);
    await expect(page.locator("html"), path).toContainText("</title></script>");
    await isWhole(path);
  }
  await page.goto(await pay(page.request, await order(page.request), "success"));
  await isWhole("the order");

  await page.goto(`/p/${slug}`);
  await expect(page).toHaveTitle(`${foreign("Caps")} – Vitrine`);
  await page.goto(`/c/${category}`);
  await expect(page).toHaveTitle(`${foreign("Headgear")} – Vitrine`);

  /** Nothing is in the page but what the shop put there. */
  async function isWhole(where: string): Promise<void> {
    await expect(page.locator("foreign-thing"), where).toHaveCount(0);
    await expect(page.locator("head title"), where).toHaveCount(1);
    await expect(page.locator("[onload]"), where).toHaveCount(0);
    const scripts = await page.locator("script:not([type='application/ld+json'])").allTextContents();
    expect(scripts.filter((script) => script.includes("alert")), where).toEqual([]);
  }
});
