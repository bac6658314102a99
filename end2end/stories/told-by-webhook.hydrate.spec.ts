// The slow card takes 20 seconds, so it is played once.
import { bring } from "../support/goods";
import { ordersOf } from "../support/records";
import { expect, test } from "../support/test";

test("the status page waits for a slow webhook and confirms without a reload", async ({
  page,
  shopper,
}) => {
  const bowl = await bring("Bowl");
  await shopper.goToProvider(bowl);
  await shopper.provider.payWith("Slow webhook");
  await shopper.order.isWaiting();
  await expect(shopper.order.payAgain).toBeHidden();
  let loaded = 0;
  page.on("load", () => (loaded += 1));

  await shopper.order.isConfirmed(30_000);

  expect(loaded).toBe(0);
  await shopper.header.counts(0);
  expect(await ordersOf(shopper.email)).toMatchObject([{ state: "paid", captures: 1 }]);
});
