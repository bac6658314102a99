// What changes while things lie in the cart: the shopper is told at the checkout, and nothing is
// ordered that they have not seen.
import { bring, euros, reprice, runOut } from "../support/goods";
import { withoutNews } from "../support/news";
import { ordersFor, ordersOf, stockOf } from "../support/records";
import { expect, test } from "../support/test";

test("what was sold out meanwhile is told at the checkout, and nothing is ordered", async ({
  shopper,
}) => {
  const lamp = await bring("Lamp");
  await shopper.goToCheckout(lamp, 2);
  await runOut(lamp);

  await shopper.checkout.pay.click();

  await expect(shopper.checkout.alert.filter({ hasText: `${lamp.name} is sold out.` })).toBeVisible();
  await expect(shopper.checkout.email).toHaveValue(shopper.email);
  expect(await ordersOf(shopper.email)).toEqual([]);
  await shopper.cart.open();
  await shopper.cart.holds(lamp, 2);
  await expect(shopper.cart.quantityOf(lamp.name)).toHaveAccessibleDescription(/Sold out meanwhile/);
});

test("a price that changed meanwhile is shown, asked again, and then paid", async ({ shopper }) => {
  const before = await bring("Lamp", { cents: 1_900 });
  await shopper.goToCheckout(before);
  const after = await reprice(before, 2_300);

  await shopper.checkout.pay.click();

  const notice = `The price of ${after.name} changed from €19.00 to €23.00`;
  await expect(shopper.checkout.notice(notice)).toBeVisible();
  await expect(shopper.checkout.email).toHaveValue(shopper.email);
  await shopper.checkout.asksFor(euros(2_300 + 490));
  expect(await ordersOf(shopper.email)).toEqual([]);

  await shopper.checkout.pay.click();
  await shopper.provider.payWith("Success");

  await shopper.order.isConfirmed();
  expect(await ordersOf(shopper.email)).toMatchObject([
    { state: "paid", captures: 1, capturedMinor: 2_790 },
  ]);
});

test("a page that was left open showed an old price: the cart tells the new one", async ({ page, shopper }) => {
  await withoutNews(page);
  const before = await bring("Lamp", { cents: 1_900 });
  await shopper.product.open(before);
  const after = await reprice(before, 2_300);

  await shopper.product.addToCart(2);

  if (shopper.scripts) await shopper.cart.open();
  const notice = page.getByRole("status").filter({ hasText: "changed from €19.00 to €23.00" });
  await expect(notice).toContainText(`The price of ${after.name}`);
  await shopper.cart.sums(euros(2 * after.cents));
});

test("adding more of a thing does not hide that its price changed", async ({ page, shopper }) => {
  const before = await bring("Lamp", { cents: 1_900 });
  await shopper.product.open(before);
  await shopper.product.addToCart();
  const after = await reprice(before, 2_300);

  await expect(async () => {
    await shopper.product.open(after);
    await expect(page.locator("main .price").first()).toHaveText(euros(after.cents), { timeout: 500 });
  }).toPass();
  await shopper.product.addToCart();

  if (shopper.scripts) await shopper.cart.open();
  await expect(shopper.checkout.notice("changed from €19.00 to €23.00")).toBeVisible();
  await shopper.cart.sums(euros(2 * after.cents));
});

test("of two buyers of the last piece one gets it, and the other is told", async ({
  shopper,
  somebodyElse,
}) => {
  const lastOne = await bring("Teapot", { left: 1 });
  const buyers = [shopper, somebodyElse];
  for (const buyer of buyers) await buyer.goToCheckout(lastOne);

  await Promise.all(buyers.map((buyer) => buyer.checkout.pay.click()));

  const refusal = (buyer: typeof shopper) =>
    buyer.checkout.alert.filter({ hasText: `${lastOne.name} is sold out.` });
  for (const buyer of buyers) await expect(buyer.provider.pay.or(refusal(buyer))).toBeVisible();
  const winners: typeof buyers = [];
  for (const buyer of buyers) if (await buyer.provider.pay.isVisible()) winners.push(buyer);
  expect(winners).toHaveLength(1);

  const [winner] = winners;
  await winner.provider.payWith("Success");
  await winner.order.isConfirmed();
  const orders = await ordersFor(lastOne.sku);
  expect(orders.filter((order) => order.state === "paid")).toMatchObject([
    { number: await winner.order.number(), captures: 1 },
  ]);
  expect(orders.reduce((sum, order) => sum + order.captures, 0)).toBe(1);
  expect(await stockOf(lastOne.sku)).toEqual({ sold: 1, left: 0 });
});
