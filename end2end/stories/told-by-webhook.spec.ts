// The provider tells the store by webhook, late, twice, or when nobody is looking: an order is paid
// once, and its page says so by itself.
import { bring } from "../support/goods";
import { ordersOf } from "../support/records";
import { expect, test } from "../support/test";

test("who closes the browser after paying has an order that is confirmed by webhook alone", async ({
  page,
  shopper,
  somebodyElse,
}) => {
  const bowl = await bring("Bowl");
  await shopper.goToProvider(bowl);
  await shopper.provider.payWith("Answer lost");
  await shopper.provider.saysAnswerWasLost();
  await page.context().close();

  await expect(async () => {
    expect(await ordersOf(shopper.email)).toMatchObject([
      { state: "paid", captures: 1, capturedMinor: 2_390, told: ["payment.succeeded"] },
    ]);
  }).toPass({ timeout: 15_000 });

  // Later, from the link they kept, in another browser.
  const [order] = await ordersOf(shopper.email);
  await somebodyElse.order.open(order);
  await somebodyElse.order.isConfirmed();
  expect(await somebodyElse.order.number()).toBe(order.number);
});

test("webhooks that come twice and out of order pay the order once", async ({ shopper }) => {
  const bowl = await bring("Bowl");
  await shopper.goToProvider(bowl, 2);
  await shopper.provider.payWith("Repeated webhooks");
  await shopper.order.isConfirmed();

  await expect(async () => {
    const [order] = await ordersOf(shopper.email);
    expect(order.deliveries).toBe(4);
  }).toPass({ timeout: 15_000 });
  expect(await ordersOf(shopper.email)).toMatchObject([
    {
      state: "paid",
      captures: 1,
      capturedMinor: 4_290,
      told: ["payment.processing", "payment.succeeded"],
    },
  ]);
});

test("the page of an order that is open in another tab tells by itself when it is paid", async ({
  shopper,
}) => {
  const bowl = await bring("Bowl");
  await shopper.goToProvider(bowl);
  const watching = await shopper.anotherTab();
  await watching.page.goto(await shopper.provider.wayBack());
  await watching.order.isWaiting();

  await shopper.provider.payWith("Answer lost");
  await shopper.provider.saysAnswerWasLost();

  // Without scripts the page looks again every ten seconds.
  await watching.order.isConfirmed(20_000);
  await expect(watching.order.payAgain).toBeHidden();
});
