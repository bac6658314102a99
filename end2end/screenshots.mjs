// Makes the pictures of the README, in docs/images/, from a store that runs (`make up`):
//   STORE_URL=http://127.0.0.1:7400 node end2end/screenshots.mjs
// It is no test, and plain JavaScript, because node runs it without the tests' compiler. The order it places is paid on the sandbox provider's page; its address is made up.
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "@playwright/test";

const STORE = process.env.STORE_URL ?? "http://127.0.0.1:7400";
const FOLDER = fileURLToPath(new URL("../docs/images/", import.meta.url));

/** What a picture may weigh, in bytes: a README is read on trains too. */
const LIMIT = 150_000;

const SIZES = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
];

/** The step of a purchase that a picture shows, and how it is reached from the one before. */
const STEPS = [
  ["home", (page) => page.goto("/")],
  ["product", (page) => page.goto("/p/instant-camera")],
  ["cart", fillCart],
  ["checkout", fillCheckout],
  ["confirmed", payOrder],
];

async function fillCart(page) {
  for (const [slug, quantity] of [["instant-camera", "1"], ["aloe-vera", "2"]]) {
    await page.goto(`/p/${slug}`);
    await page.getByRole("spinbutton", { name: "Quantity" }).fill(quantity);
    const added = page.waitForResponse((answer) => answer.url().endsWith("/api/cart/add"));
    await page.getByRole("button", { name: "Add to cart" }).click();
    const answer = await added;
    if (!answer.ok()) throw new Error(`${slug} could not be put into the cart: ${await answer.text()}`);
  }
  await page.goto("/cart");
}

async function fillCheckout(page) {
  await page.goto("/checkout");
  for (const [label, text] of [
    ["Email", "ada@example.com"],
    ["Full name", "Ada Lovelace"],
    ["Address", "Torstraße 1"],
    ["Postal code", "10119"],
    ["City", "Berlin"],
  ]) {
    await page.getByLabel(label, { exact: true }).fill(text);
  }
}

async function payOrder(page) {
  await page.getByRole("button", { name: /^Pay / }).click();
  await page.getByRole("radio", { name: "Success" }).check();
  await page.getByRole("button", { name: "Pay", exact: true }).click();
  await page.getByRole("status").filter({ hasText: "Payment confirmed" }).waitFor();
}

/** A JPEG of what is in view, in the best quality that stays within the limit. */
async function picture(page, name) {
  await page.waitForLoadState("networkidle");
  await page.evaluate(() => document.fonts.ready);
  await page.evaluate(() => {
    document.activeElement?.blur();
    scrollTo(0, 0);
  });
  for (const quality of [85, 75, 65, 50]) {
    const path = `${FOLDER}${name}.jpg`;
    const bytes = await page.screenshot({ path, type: "jpeg", quality, animations: "disabled", caret: "hide" });
    if (bytes.length <= LIMIT) {
      console.log(`${name}.jpg ${(bytes.length / 1000).toFixed(0)} kB, quality ${quality}`);
      return;
    }
  }
  throw new Error(`${name}.jpg is larger than ${LIMIT} bytes in any quality`);
}

async function visitor(viewport, colorScheme) {
  const context = await browser.newContext({
    baseURL: STORE,
    viewport,
    colorScheme,
    locale: "en-GB",
    reducedMotion: "reduce",
  });
  // A page that listens for news never comes to rest.
  await context.route(/\/events\?sku=/, (route) => route.fulfill({ status: 204 }));
  return context.newPage();
}

await mkdir(FOLDER, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
try {
  for (const size of SIZES) {
    const page = await visitor(size, "light");
    for (const [name, reach] of STEPS) {
      await reach(page);
      await picture(page, `${name}-${size.width}`);
    }
  }
  const page = await visitor(SIZES[0], "dark");
  await page.goto("/p/instant-camera");
  await picture(page, "product-1440-dark");
} finally {
  await browser.close();
}
