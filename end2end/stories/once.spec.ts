// What is done twice by mistake happens once.
import { bring } from "../support/goods";
import { ordersOf } from "../support/records";
import { expect, test } from "../support/test";

test("a double click on Pay makes one order", async ({ shopper }) => {
  const clock = await bring("Clock");
  await shopper.goToCheckout(clock);
  await shopper.checkout.pay.dblclick();

  await shopper.provider.isShown();
  await shopper.provider.payWith("Success");

  await shopper.order.isConfirmed();
  expect(await ordersOf(shopper.email)).toMatchObject([{ state: "paid", captures: 1 }]);
});

test("a checkout left open in another tab leads to the order that was paid", async ({ shopper }) => {
  const clock = await bring("Clock");
  await shopper.goToCheckout(clock);
  const other = await shopper.anotherTab();
  await other.checkout.open();
  await other.checkout.fill(shopper.email);

  await shopper.checkout.pay.click();
  await shopper.provider.payWith("Success");
  await shopper.order.isConfirmed();
  await other.checkout.pay.click();

  await other.order.isConfirmed();
  expect(await other.order.number()).toBe(await shopper.order.number());
  expect(await ordersOf(shopper.email)).toMatchObject([{ state: "paid", captures: 1 }]);
});

test("reload and back after paying lead to the one order", async ({ page, shopper }) => {
  const clock = await bring("Clock");
  await shopper.goToProvider(clock);
  await shopper.provider.payWith("Success");
  await shopper.order.isConfirmed();
  const number = await shopper.order.number();

  await page.reload();
  await shopper.order.isConfirmed();

  await page.goBack();
  await page.reload();
  await expect(page.getByRole("heading", { name: "Already paid" })).toBeVisible();
  await page.getByRole("link", { name: "Back to the shop" }).click();
  await shopper.order.isConfirmed();
  expect(await shopper.order.number()).toBe(number);

  await page.goto("/checkout");
  await expect(page.getByRole("heading", { name: "Your cart is empty" })).toBeVisible();
  expect(await ordersOf(shopper.email)).toMatchObject([{ number, state: "paid", captures: 1 }]);
});
