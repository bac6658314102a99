// Scripts may run, but the page's program does not arrive: blocked, broken off, or still on its way. What
// is there for those without scripts is then there as well, after a while.
import type { Page } from "@playwright/test";
import { bring } from "../support/goods";
import { add, linesInCart, order } from "../support/shopping";
import { expect, test } from "../support/test";

const withoutItsProgram = (page: Page) => page.route(/\.wasm$/, (route) => route.abort());

test("a quantity is changed by its button", async ({ page, shopper }) => {
  const cup = await bring("Cup");
  await add(page.request, cup);
  await withoutItsProgram(page);
  await shopper.cart.open();
  await shopper.cart.quantityOf(cup.name).fill("3");
  await page.getByRole("button", { name: "Update" }).click();
  await shopper.cart.holds(cup, 3);
  expect(await linesInCart(page.request)).toMatchObject([{ quantity: 3 }]);
});

test("what each choice costs is told", async ({ page }) => {
  await withoutItsProgram(page);
  await page.goto("/p/laptop");
  await page.getByText("What each choice costs").click();
  await expect(page.getByRole("definition").filter({ visible: true }).nth(1)).toBeVisible();
});

test("an order that awaits its payment can be looked at again", async ({ page, shopper }) => {
  await add(page.request, await bring("Cup"));
  await page.goto(await order(page.request));
  const way = await shopper.provider.wayBack();
  await withoutItsProgram(page);
  await page.goto(way);
  await page.getByRole("link", { name: "Look again" }).click();
  await shopper.order.isWaiting();
});

test("once the page is awake there is nothing left of that", async ({ page, shopper }) => {
  const cup = await bring("Cup");
  await add(page.request, cup);
  await shopper.cart.open();
  await expect(page.locator("html")).toHaveAttribute("data-awake");
  await expect(page.getByRole("button", { name: "Update" })).toBeHidden();
  await expect(page.getByRole("main").getByRole("button", { name: "One more" })).toBeVisible();
});
