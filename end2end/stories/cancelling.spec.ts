// An order that nobody wants any more.
import { bring } from "../support/goods";
import { ordersOf, stockOf } from "../support/records";
import { expect, test } from "../support/test";

test("who cancels a paid order before it is sent gets the money back, and the goods can be bought again", async ({
  page,
  shopper,
}) => {
  const vase = await bring("Vase");
  await shopper.goToProvider(vase);
  await shopper.provider.payWith("Success");
  await shopper.order.isConfirmed();
  const before = await stockOf(vase.sku);

  await shopper.order.cancel();

  await shopper.order.reads("Payment refunded");
  await shopper.order.tells("You cancelled the order.");
  await shopper.order.tells("went back to you.");
  await expect(page.getByText("Cancel this order")).toHaveCount(0);
  expect(await ordersOf(shopper.email)).toMatchObject([{ state: "cancelled", captures: 1 }]);
  const after = await stockOf(vase.sku);
  expect([after.sold, after.left]).toEqual([before.sold - 1, before.left + 1]);
});

test("who cancels before paying is charged nothing", async ({ shopper }) => {
  const vase = await bring("Vase");
  await shopper.goToProvider(vase);
  await shopper.provider.payWith("Declined");
  await shopper.order.reads("Payment was declined");

  await shopper.order.cancel();

  await shopper.order.reads("Order cancelled");
  await shopper.order.tells("You cancelled the order.");
  expect(await ordersOf(shopper.email)).toMatchObject([{ state: "cancelled", captures: 0 }]);
});
