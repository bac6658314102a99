// From the front door to a confirmed payment, the way most people go.
import { bring, euros } from "../support/goods";
import { ordersOf } from "../support/records";
import { expect, test } from "../support/test";

test("a shopper finds a laptop, chooses, changes the quantity and pays after the bank has asked", async ({
  page,
  shopper,
}) => {
  await page.goto("/");
  await shopper.header.department("Electronics");
  await page.getByRole("main").getByRole("link", { name: /^Laptop/ }).click();
  await shopper.product.shows("Laptop");

  await shopper.product.choose("Screen size", "15 inch");
  await shopper.product.choose("RAM", "16GB");
  await shopper.product.addToCart();

  await shopper.cart.open();
  await shopper.cart.holds({ name: "Laptop" }, 1);
  await shopper.cart.type("Laptop", "2");
  await shopper.cart.sums("€4,598.00");
  await shopper.cart.holds({ name: "Laptop" }, 2);

  await shopper.cart.checkout.click();
  await shopper.checkout.fill(shopper.email);
  await shopper.checkout.asksFor("€4,602.90");
  await shopper.checkout.pay.click();

  await shopper.provider.payWith("Challenge");
  await shopper.provider.confirm();

  await shopper.order.isConfirmed();
  await shopper.order.lists("2 ×", "Laptop", "15 inch, 16GB", "€4,598.00");
  const orders = await ordersOf(shopper.email);
  expect(orders).toHaveLength(1);
  expect(orders[0]).toMatchObject({
    number: await shopper.order.number(),
    state: "paid",
    captures: 1,
    capturedMinor: 460_290,
  });
  await shopper.cart.open();
  await shopper.cart.isEmpty();
});

test("a declined card leaves the order to be paid with another one", async ({ shopper }) => {
  const vase = await bring("Vase");
  await shopper.goToProvider(vase);
  await shopper.provider.payWith("Declined");
  await shopper.order.reads("Payment was declined");
  const number = await shopper.order.number();

  await shopper.order.payAgain.click();
  await shopper.provider.payWith("Success");

  await shopper.order.isConfirmed();
  expect(await shopper.order.number()).toBe(number);
  const orders = await ordersOf(shopper.email);
  expect(orders).toHaveLength(1);
  expect(orders[0]).toMatchObject({ number, state: "paid", captures: 1, capturedMinor: 2_390 });
});

test("who goes by express pays for express", async ({ shopper }) => {
  const vase = await bring("Vase", { cents: 2_500 });
  await shopper.goToCheckout(vase);
  await shopper.checkout.deliver("Express");
  if (shopper.scripts) {
    await shopper.checkout.asksFor(euros(2_500 + 990));
    await shopper.checkout.pay.click();
  } else {
    // The button was made for the usual delivery: the new total is shown before anything is charged.
    await shopper.checkout.pay.click();
    await expect(shopper.checkout.alert).toContainText("The total is now €34.90 instead of €29.90.");
    await shopper.checkout.asksFor(euros(2_500 + 990));
    await shopper.checkout.pay.click();
  }
  await shopper.provider.payWith("Success");
  await shopper.order.isConfirmed();
  expect(await ordersOf(shopper.email)).toMatchObject([{ state: "paid", capturedMinor: 3_490 }]);
});
