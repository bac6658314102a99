// What becomes of things while a page that shows them is open is told on it, without a reload.
import type { Page } from "@playwright/test";
import { bring, count, euros, reprice, runOut } from "../support/goods";
import { streamsOf } from "../support/news";
import { add, linesInCart, order } from "../support/shopping";
import { expect, test } from "../support/test";

const told = (page: Page, words: string | RegExp) => page.getByRole("main").getByRole("status").filter({ hasText: words });

test("an open page counts the last pieces down, and what is sold out cannot be added", async ({ page, shopper }) => {
  const teapot = await bring("Teapot", { left: 9 });
  await shopper.product.open(teapot);
  await expect(told(page, "In stock")).toBeVisible();

  await count(teapot, 2);
  await expect(told(page, "Only 2 left")).toBeVisible();
  await expect(shopper.product.quantity).toHaveAttribute("max", "2");
  await shopper.product.ask("3");
  await expect(shopper.product.quantity).toHaveAccessibleDescription("Only 2 left.");
  await shopper.header.counts(0);

  await runOut(teapot);
  await expect(shopper.product.add).toBeDisabled();
  await expect(shopper.product.add).toHaveAccessibleDescription("Sold out");

  await count(teapot, 1);
  await expect(shopper.product.add).toBeEnabled();
  await shopper.product.addToCart();
});

test("a price that changes while the shopper looks is shown, and is the one that counts", async ({ page, shopper }) => {
  const lamp = await bring("Lamp", { cents: 1_900 });
  await shopper.product.open(lamp);

  const dearer = await reprice(lamp, 2_300);

  await expect(told(page, "The price has changed from €19.00 to €23.00.")).toBeVisible();
  await expect(page.getByRole("main").getByText(euros(dearer.cents)).first()).toBeVisible();
  await shopper.product.addToCart();
  expect(await linesInCart(page.request)).toMatchObject([{ item: { price: { minor: 2_300 } } }]);
  await shopper.cart.open();
  await expect(told(page, "Something changed")).toHaveCount(0);
});

test("the cart's page says beside a line that there is not enough of it any more", async ({ page, shopper }) => {
  const cup = await bring("Cup", { left: 9, cents: 800 });
  await add(page.request, cup, 3);
  await shopper.cart.open();

  await count(cup, 2);
  await expect(shopper.cart.quantityOf(cup.name)).toHaveAccessibleDescription(/^Only 2 left\./);
  await count(cup, 9);
  await expect(shopper.cart.quantityOf(cup.name)).not.toHaveAccessibleDescription(/left/);

  await reprice(cup, 900);
  const moved = told(page, `The price of ${cup.name} has changed from €8.00 to €9.00.`);
  await moved.getByRole("link", { name: "Look again" }).click();
  await shopper.cart.sums(euros(2_700));
});

test("a tile of a list says how much there is and what it costs, as it changes", async ({ page }) => {
  const goods = await bring("Vase", { left: 9, cents: 1_500, placed: true });
  const tile = page.getByRole("main").getByRole("link", { name: goods.name });
  // What stands in a category is counted ahead, a moment after it was brought.
  await expect(async () => {
    await page.goto(`/c/${goods.category}`);
    await expect(tile).toBeVisible({ timeout: 1_000 });
  }).toPass();
  await expect(tile).not.toContainText("left");

  await count(goods, 2);
  await expect(tile).toContainText("Only 2 left");
  await reprice(goods, 1_200);
  await expect(tile).toContainText(euros(1_200));
  await runOut(goods);
  await expect(tile).toContainText("Sold out");
  await count(goods, 9);
  await expect(tile).not.toContainText(/left|Sold out/);
});

test("who is at the checkout hears that there is not enough any more before the form is sent", async ({ page, shopper }) => {
  const bowl = await bring("Bowl", { left: 9, cents: 800 });
  await add(page.request, bowl, 3);
  await shopper.checkout.open();

  await count(bowl, 1);
  await expect(told(page, `Only 1 of ${bowl.name} left.`)).toBeVisible();
  await reprice(bowl, 900);
  await expect(told(page, `The price of ${bowl.name} has changed from €8.00 to €9.00.`)).toBeVisible();
  await count(bowl, 9);
  await expect(told(page, `Only 1 of ${bowl.name} left.`)).toHaveCount(0);
});

test("a page has one stream, and none while nobody looks at it", async ({ page, shopper }) => {
  const cup = await bring("Cup", { left: 9 });
  const streams = streamsOf(page);
  await shopper.product.open(cup);
  await expect.poll(streams).toBe(1);

  const look = (hidden: boolean) =>
    page.evaluate((value) => {
      Object.defineProperty(document, "hidden", { value, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
  await look(true);
  await expect.poll(streams).toBe(0);
  await count(cup, 1);

  await look(false);
  await expect(told(page, "Only 1 left")).toBeVisible();
  expect(streams()).toBe(1);
});

test("the page of an order hears of it over the one stream, which ends with the news", async ({ page, shopper }) => {
  await add(page.request, await bring("Cup"));
  await page.goto(await order(page.request));
  const streams = streamsOf(page);
  await page.goto(await shopper.provider.wayBack());
  await shopper.order.isWaiting();
  await expect.poll(streams).toBe(1);

  // Another order in its stead, from elsewhere.
  await add(page.request, await bring("Cup"));
  await order(page.request);

  await expect(page.getByText("Order cancelled")).toBeVisible();
  await expect.poll(streams).toBe(0);
});
