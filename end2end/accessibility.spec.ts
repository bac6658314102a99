// Every page for everyone: without a violation that axe-core finds, in the light and in the dark, on a
// phone and on a desk; and a whole purchase without a mouse.
import type { Locator, Page } from "@playwright/test";
import { listens } from "./support/alive";
import { isAccessible } from "./support/axe";
import { bring, offer, type Goods } from "./support/goods";
import { AS_FORM, DELIVERY, add, order, pay } from "./support/shopping";
import { expect, test } from "./support/test";

const SIZES = [
  { width: 390, height: 844 },
  { width: 820, height: 1180 },
  { width: 1440, height: 900 },
];

test.use({ contextOptions: { reducedMotion: "reduce" } });

/** A page, and how a visitor comes to see it. */
const PAGES: Record<string, (page: Page, goods: Goods) => Promise<unknown>> = {
  home: (page) => page.goto("/"),
  "a category": (page) => page.goto("/c/electronics"),
  "a category within another": (page) => page.goto("/c/electronics/computers?sort=price-up"),
  "a product": (page) => page.goto("/p/tripod"),
  "a product with options": (page) => page.goto("/p/laptop"),
  "a product that is sold out": async (page) => page.goto(`/p/${(await bring("Vase", { left: 0 })).slug}`),
  "a product of which too many were wanted": (page, { slug, sku }) =>
    page.goto(`/p/${slug}?sku=${sku}&quantity=7&problem=out_of_stock-5-0`),
  "an empty cart": (page) => page.goto("/cart"),
  "a cart": async (page, goods) => {
    await add(page.request, goods, 2);
    await page.goto("/cart");
  },
  "a cart with a quantity that was refused": async (page, goods) => {
    await add(page.request, goods);
    await page.goto(`/cart?sku=${goods.sku}&quantity=0&problem=quantity_zero`);
  },
  "the checkout": async (page, goods) => {
    await add(page.request, goods);
    await page.goto("/checkout");
  },
  "the checkout with nothing to order": (page) => page.goto("/checkout"),
  "the checkout with fields that are wrong": async (page, goods) => {
    await add(page.request, goods);
    const form = { ...DELIVERY, email: "nobody", city: "", postal_code: "x" };
    await page.request.post("/api/checkout/place", { headers: AS_FORM, form });
    await page.goto("/checkout?refused=1");
    await expect(page.getByLabel("Email")).toHaveAttribute("aria-invalid", "true");
  },
  "the provider's page": async (page, goods) => {
    await add(page.request, goods);
    await page.goto(await order(page.request));
  },
  "an order that awaits its payment": async (page, goods) => {
    await add(page.request, goods);
    await page.goto(await order(page.request));
    await page.getByRole("link", { name: "Cancel and return to the shop" }).click();
    await expect(page.getByRole("main").getByRole("status").first()).toHaveText(/Waiting/);
  },
  "an order whose payment was declined": async (page, goods) => {
    await add(page.request, goods);
    await page.goto(await pay(page.request, await order(page.request), "declined"));
    await expect(page.getByText("Payment was declined")).toBeVisible();
  },
  "an order that was paid": async (page, goods) => {
    await add(page.request, goods);
    await page.goto(await pay(page.request, await order(page.request), "success"));
    await expect(page.getByText("Payment confirmed")).toBeVisible();
  },
  "a product that is sold by a line": async (page) => page.goto(`/p/${(await offer("Later vase")).slug}`),
  "a line that is not open yet": async (page) => {
    await page.goto("/line/later");
    await expect(page.getByText("The line is not open yet").first()).toBeVisible();
  },
  credits: (page) => page.goto("/credits"),
  "a page that is not there": (page) => page.goto("/nothing"),
};

/** The page once more for axe-core, which is a script itself: where scripts run, but none of the page's arrives. */
async function withoutItsScripts(page: Page): Promise<Page> {
  const context = await page.context().browser()?.newContext({
    storageState: await page.context().storageState(),
    reducedMotion: "reduce",
    // The project's own setting would hold here too.
    javaScriptEnabled: true,
  });
  if (!context) throw new Error("the browser is gone");
  const other = await context.newPage();
  await other.route(/\.(js|wasm)$/, (route) => route.abort());
  await other.goto(page.url());
  return other;
}

for (const [name, open] of Object.entries(PAGES)) {
  test(`${name} breaks no rule, in the light or the dark, on a phone or on a desk`, async ({ page: visited, scripts }) => {
    await open(visited, await bring("Umbrella", { left: 5 }));
    const page = scripts ? visited : await withoutItsScripts(visited);
    for (const size of SIZES) {
      await page.setViewportSize(size);
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        await isAccessible(page, `${name}, ${size.width} px, ${colorScheme}`);
      }
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(overflow, `${name} is wider than ${size.width} px`).toBeLessThanOrEqual(0);
    }
  });
}

test("the cart at the edge of a page breaks no rule", async ({ shopper, page, scripts }) => {
  test.skip(!scripts, "The drawer is there with scripts only; without, the link leads to the cart.");
  const goods = await bring("Umbrella");
  await shopper.product.open(goods);
  await shopper.product.addToCart(2);
  await shopper.header.openDrawer();
  for (const size of SIZES) {
    await page.setViewportSize(size);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await isAccessible(page, `the drawer, ${size.width} px, ${colorScheme}`);
    }
  }
});

/** Whether something around the focused element shows that it has the focus. */
function focusShows(): boolean {
  const focused = document.activeElement;
  if (!focused || focused === document.body) return false;
  const around = [focused, focused.parentElement, focused.nextElementSibling, focused.closest("label")];
  return around.some((element) => {
    if (!element) return false;
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
    return (outlineStyle !== "none" && parseFloat(outlineWidth) >= 1) || boxShadow !== "none";
  });
}

/** Presses Tab until the element has the focus; on the way, the focus can always be seen. */
async function tabTo(page: Page, element: Locator): Promise<void> {
  for (let steps = 0; steps < 80; steps += 1) {
    if (await element.evaluate((one) => one === document.activeElement)) return;
    await page.keyboard.press("Tab");
    const at = () => page.evaluate(() => document.activeElement?.outerHTML.slice(0, 120));
    if ((await at())?.startsWith("<body")) continue;
    expect(await page.evaluate(focusShows), `the focus on ${await at()}`).toBe(true);
  }
  throw new Error(`Tab does not lead to ${element}`);
}

test("a whole purchase without a mouse", async ({ shopper, page, scripts }) => {
  const keys = page.keyboard;
  await page.goto("/p/laptop");
  await shopper.product.shows("Laptop");

  await test.step("the first key leads past what stands on every page", async () => {
    await keys.press("Tab");
    await expect(page.getByRole("link", { name: "Skip to content" })).toBeFocused();
    await expect(page.getByRole("link", { name: "Skip to content" })).toBeInViewport();
    await keys.press("Enter");
    await expect(page).toHaveURL(/#content$/);
  });

  await test.step("options and quantity", async () => {
    const group = page.getByRole("radiogroup").first();
    if (scripts) await listens(page.locator("form", { has: shopper.product.add }), "submit");
    await tabTo(page, group.getByRole("radio", { checked: true }));
    const first = await group.getByRole("radio", { checked: true }).getAttribute("value");
    await keys.press("ArrowRight");
    await expect(group.getByRole("radio", { checked: true })).not.toHaveValue(first ?? "");
    await tabTo(page, shopper.product.quantity);
    await keys.press("ArrowUp");
    await expect(shopper.product.quantity).toHaveValue("2");
    await tabTo(page, shopper.product.add);
    await keys.press("Enter");
  });

  await test.step("the cart", async () => {
    if (scripts) {
      await shopper.product.saysAdded();
      await tabTo(page, page.getByRole("status").getByRole("link", { name: /cart$/ }));
      await keys.press("Enter");
    }
    await expect(page).toHaveURL(/\/cart$/);
    await expect(shopper.cart.quantityOf("Laptop")).toHaveValue("2");
    await tabTo(page, shopper.cart.checkout);
    await keys.press("Enter");
    await expect(page).toHaveURL(/\/checkout$/);
  });

  await test.step("the checkout", async () => {
    if (scripts) await listens(page.locator("form", { has: shopper.checkout.pay }), "submit");
    for (const [label, text] of [
      ["Email", shopper.email],
      ["Full name", "Ada Lovelace"],
      ["Address", "Torstraße 1"],
      ["Postal code", "75001"],
      ["City", "Paris"],
    ]) {
      await tabTo(page, page.getByLabel(label, { exact: true }));
      await keys.type(text);
    }
    const country = page.getByLabel("Country");
    await tabTo(page, country);
    await keys.type("Fran");
    await expect(country).toHaveValue("FR");
    const delivery = page.getByRole("radiogroup", { name: "Delivery" });
    await tabTo(page, delivery.getByRole("radio", { checked: true }));
    await keys.press("ArrowDown");
    await expect(delivery.getByRole("radio", { name: "Express" })).toBeChecked();
    await tabTo(page, shopper.checkout.pay);
    await keys.press("Enter");
  });

  await test.step("the provider, and back", async () => {
    // Without scripts the new total is shown before anything is ordered.
    if (!scripts) {
      await expect(shopper.checkout.alert.first()).toContainText("The total is now");
      await tabTo(page, shopper.checkout.pay);
      await keys.press("Enter");
    }
    await shopper.provider.isShown();
    await tabTo(page, page.getByRole("radio").first());
    await keys.press("Space");
    await tabTo(page, shopper.provider.pay);
    await keys.press("Enter");
    await shopper.order.isConfirmed();
  });
});
