// The cart, with and without scripts: a wrong quantity is told beside what was typed.
import { bring, euros } from "../support/goods";
import { expect, test } from "../support/test";

/** What may be typed where five pieces are left, and why it cannot be had. */
const WRONG = [
  { typed: "0", reason: "Choose at least 1." },
  { typed: "-2", reason: "The quantity cannot be negative." },
  { typed: "1.5", reason: "The quantity must be a whole number." },
  { typed: "1000", reason: "At most 999 pieces can be ordered at once." },
  { typed: "6", reason: /^Only 5 left\b/ },
];

test("a quantity that cannot be had stays beside the reason on the product's page", async ({
  shopper,
}) => {
  const cup = await bring("Cup", { left: 5 });
  await shopper.product.open(cup);
  for (const { typed, reason } of WRONG) {
    await shopper.product.ask(typed);
    await expect(shopper.product.quantity).toHaveAccessibleDescription(reason);
    await expect(shopper.product.quantity).toHaveValue(typed);
  }
  await shopper.cart.open();
  await shopper.cart.isEmpty();
});

test("a quantity that cannot be had stays beside the reason in the cart", async ({ shopper }) => {
  const cup = await bring("Cup", { left: 5 });
  await shopper.product.open(cup);
  await shopper.product.addToCart(2);
  await shopper.cart.open();
  for (const { typed, reason } of WRONG) {
    await shopper.cart.type(cup.name, typed);
    await expect(shopper.cart.quantityOf(cup.name)).toHaveAccessibleDescription(reason);
    await shopper.cart.holds(cup, Number(typed));
  }
  await shopper.cart.open();
  await shopper.cart.holds(cup, 2);
  await shopper.cart.sums(euros(2 * cup.cents));
});

test("what is sold out cannot be added, and the button says so", async ({ shopper }) => {
  const cup = await bring("Cup", { left: 0 });
  await shopper.product.open(cup);
  await expect(shopper.product.add).toBeDisabled();
  await expect(shopper.product.add).toHaveAccessibleDescription("Sold out");
});

test("the cart's own page counts in its header", async ({ shopper }) => {
  const cup = await bring("Cup");
  await shopper.product.open(cup);
  await shopper.product.addToCart(2);
  await shopper.cart.open();
  await shopper.header.counts(2);
});

test("what was removed by mistake comes back in the same number", async ({ shopper }) => {
  const cup = await bring("Cup");
  await shopper.product.open(cup);
  await shopper.product.addToCart(3);
  await shopper.cart.open();
  await shopper.cart.remove(cup.name);
  await shopper.cart.undo();
  await shopper.cart.holds(cup, 3);
  await shopper.cart.open();
  await shopper.cart.holds(cup, 3);
});

test("going back after adding, and forward again, keeps the cart", async ({ page, shopper }) => {
  const [cup, plate] = [await bring("Cup"), await bring("Plate")];
  await shopper.product.open(cup);
  await shopper.product.addToCart();
  await shopper.product.open(plate);
  await shopper.product.addToCart();
  await shopper.cart.open();
  await shopper.cart.remove(cup.name);

  await page.goBack();
  await page.goForward();

  await expect(shopper.cart.quantityOf(plate.name)).toHaveValue("1");
  await expect(shopper.cart.quantityOf(cup.name)).toBeHidden();
  await shopper.cart.open();
  await shopper.cart.holds(plate, 1);
});

test("an address with tracking in it shows the same product", async ({ page, shopper }) => {
  const cup = await bring("Cup");
  await page.goto(`/p/${cup.slug}?utm_source=letter&fbclid=1`);
  await shopper.product.shows(cup.name);
  await shopper.product.addToCart();
  await shopper.cart.open();
  await shopper.cart.holds(cup, 1);
});
