// A drop: who wants something that is sold by a line stands in it, and buys when it is their turn.
import type { Page } from "@playwright/test";
import { offer } from "../support/goods";
import { ordersOf } from "../support/records";
import { expect, test } from "../support/test";

/** How many are before the shopper, as the page says. */
async function before(page: Page): Promise<number> {
  // What is read aloud says the same.
  const headline = page.getByText(/people are before you|You are next/).first();
  await expect(headline).toBeVisible();
  return Number(/\d+/.exec(await headline.innerText())?.[0] ?? 1);
}

test("a shopper stands in line, is let in when it is their turn, and buys", async ({ page, shopper, playwright, baseURL }) => {
  // Somebody else tells the same story at the same time, and stands in the same line.
  test.setTimeout(120_000);
  const lamp = await offer("Story lamp");
  await test.step("others were faster", async () => {
    for (let other = 0; other < 6; other += 1) {
      const browser = await playwright.request.newContext({ baseURL });
      await expect(await browser.get("/api/line/place?name=story")).toBeOK();
      await browser.dispose();
    }
  });

  await test.step("nothing is sold past the line", async () => {
    await shopper.product.open(lamp);
    await expect(page.getByText("Sold by a line, from 1 January 2026")).toBeVisible();
    await shopper.product.ask("1");
    await expect(page).toHaveURL(/\/line\/story(\/place)?$/);
    await expect(page.getByRole("heading", { level: 1, name: "Story lamp" })).toBeVisible();
  });

  await test.step("loading the page again changes nothing", async () => {
    const place = await before(page);
    expect(place).toBeGreaterThan(1);
    for (let reload = 0; reload < 2; reload += 1) {
      await page.goto("/line/story");
      expect(await before(page)).toBeLessThanOrEqual(place);
    }
  });

  await test.step("the page goes on by itself, and the lamp can be bought", async () => {
    await expect(page).toHaveURL(/\/p\/story-lamp$/, { timeout: 60_000 });
    await shopper.goToCheckout(lamp);
    await shopper.checkout.pay.click();
    await shopper.provider.isShown();
    await shopper.provider.payWith("Success");
    await shopper.order.isConfirmed();
    expect(await ordersOf(shopper.email)).toMatchObject([{ state: "paid", captures: 1 }]);
  });
});

test("before it opens the line says when, and nobody buys", async ({ page, shopper }) => {
  const vase = await offer("Later vase");
  await shopper.product.open(vase);
  await page.getByRole("link", { name: "To the line" }).click();
  await expect(page.getByText("The line is not open yet").first()).toBeVisible();
  await expect(page.getByText("places are drawn by lot")).toBeVisible();

  await shopper.product.open(vase);
  await shopper.product.ask("1");
  await expect(page).toHaveURL(/\/line\/later(\/place)?$/);
});
