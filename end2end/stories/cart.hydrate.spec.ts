// The cart come alive: it answers before the server does, and every tab says the same.
import type { Page } from "@playwright/test";
import { answered } from "../support/alive";
import { bring, euros } from "../support/goods";
import { add, linesInCart } from "../support/shopping";
import { expect, test } from "../support/test";

/** Holds back what is added to the cart until the returned function is called. */
async function holdBack(page: Page): Promise<() => void> {
  let letThrough = () => {};
  const allowed = new Promise<void>((resolve) => (letThrough = resolve));
  await page.route("**/api/cart/add", async (route) => {
    await allowed;
    await route.continue();
  });
  return letThrough;
}

test("the cart in the header counts at once, before the server has answered", async ({
  page,
  shopper,
}) => {
  const mug = await bring("Mug");
  const letThrough = await holdBack(page);
  await shopper.product.open(mug);
  await shopper.header.counts(0);

  await shopper.product.ask("2");
  await shopper.header.counts(2);
  letThrough();

  await shopper.product.saysAdded();
  await shopper.header.counts(2);
  await page.goto("/");
  await shopper.header.counts(2);
});

test("who looks at the cart before the server has answered finds there what was added", async ({
  page,
  shopper,
}) => {
  const mug = await bring("Mug");
  const letThrough = await holdBack(page);
  await shopper.product.open(mug);
  await shopper.product.ask("2");
  await shopper.product.followToCart();
  letThrough();

  await expect(page).toHaveURL(/\/cart$/);
  await shopper.cart.holds(mug, 2);
});

test("what the server refuses is taken back and explained", async ({ shopper }) => {
  const mug = await bring("Mug", { left: 1 });
  await shopper.product.open(mug);
  await shopper.product.addToCart();
  await shopper.product.ask("1");
  await expect(shopper.product.quantity).toHaveAccessibleDescription(
    "Only 1 left, and you have 1 in your cart already.",
  );
  await shopper.header.counts(1);
});

test("what was added is there once, though the answer was lost and it was sent again", async ({
  page,
  shopper,
}) => {
  const mug = await bring("Mug");
  let lost = 0;
  await page.route("**/api/cart/add", async (route) => {
    if (lost > 0) return route.continue();
    lost += 1;
    await route.fetch();
    await route.abort();
  });
  await shopper.product.open(mug);
  await shopper.product.addToCart(2);
  await shopper.header.counts(2);
  expect(await linesInCart(page.request)).toMatchObject([{ quantity: 2 }]);
});

test("where no answer comes at all, the cart is shown as it is", async ({ page, shopper }) => {
  const mug = await bring("Mug");
  await page.route("**/api/cart/add", async (route) => {
    await route.fetch();
    await route.abort();
  });
  await shopper.product.open(mug);
  await shopper.product.ask("1");
  await expect(shopper.product.quantity).toHaveAccessibleDescription(/cannot be reached/);
  await shopper.header.counts(1);
});

test("a removal that is refused says why, and the line is back", async ({ page, shopper }) => {
  const mug = await bring("Mug");
  await shopper.product.open(mug);
  await shopper.product.addToCart();
  await page.route("**/api/cart/remove", (route) =>
    route.fulfill({ status: 409, json: { code: "cart_busy", message: "Please try that again." } }),
  );
  await shopper.cart.open();
  await shopper.cart.remove(mug.name, { refused: true });
  const told = page.getByRole("main").getByRole("status");
  await expect(told.filter({ hasText: "Please try that again." })).toBeVisible();
  await expect(page.getByRole("button", { name: "Undo" })).toBeHidden();
  await shopper.cart.holds(mug, 1);

  await page.unroute("**/api/cart/remove");
  await page.route("**/api/cart/add", (route) =>
    route.fulfill({ status: 409, json: { code: "out_of_stock", message: "This is sold out." } }),
  );
  await shopper.cart.remove(mug.name);
  await shopper.cart.undo();
  await expect(told.filter({ hasText: "This is sold out." })).toBeVisible();
  await shopper.cart.isEmpty();
});

test("a page that is shown again by the back button counts what was added meanwhile", async ({
  page,
  shopper,
}) => {
  const mug = await bring("Mug");
  await shopper.product.open(mug);
  await shopper.product.addToCart();
  await page.goto("/");
  await shopper.header.counts(1);

  // The page sleeps: it hears no other tab, only the browser keeps what that one learnt.
  await add(page.request, mug, 2);
  const cart = await (await page.request.get("/api/cart/get")).text();
  await page.evaluate((kept) => {
    localStorage.setItem("vitrine-cart", kept);
    localStorage.setItem("vitrine-cart-at", String(Date.now()));
    window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
  }, cart);
  await shopper.header.counts(3);
});

test("the drawer shows the cart on any page, changes it, and leads to the checkout", async ({
  page,
  shopper,
}) => {
  const mug = await bring("Mug", { cents: 1_200 });
  await shopper.product.open(mug);
  await shopper.product.addToCart();
  await shopper.header.openDrawer();
  const drawer = shopper.header.drawer;
  await expect(drawer.getByRole("link", { name: mug.name })).toBeVisible();

  await drawer.getByRole("button", { name: "One more" }).click();
  await expect(drawer.getByRole("spinbutton", { name: `Quantity of ${mug.name}` })).toHaveValue("2");
  await expect(drawer.getByText(euros(2_400)).first()).toBeVisible();

  await page.keyboard.press("Escape");
  await expect(drawer).toBeHidden();
  await expect(shopper.header.cart).toBeFocused();
  await shopper.header.counts(2);

  await shopper.header.openDrawer();
  await drawer.getByRole("link", { name: "Checkout" }).click();
  await shopper.checkout.asksFor(euros(2_400 + 490));
});

test("a line removed in the drawer can be taken back there", async ({ page, shopper }) => {
  const mug = await bring("Mug");
  await shopper.product.open(mug);
  await shopper.product.addToCart(2);
  await shopper.header.openDrawer();
  await page.getByRole("button", { name: `Remove ${mug.name}` }).click();
  await expect(shopper.header.drawer.getByText("There is nothing in your cart yet.")).toBeVisible();

  const undo = page.getByRole("button", { name: "Undo" });
  await expect(undo).toBeFocused();
  await answered(page, "add", () => undo.press("Enter"));

  await expect(page.getByRole("spinbutton", { name: `Quantity of ${mug.name}` })).toHaveValue("2");
  await shopper.cart.open();
  await shopper.cart.holds(mug, 2);
});

test("two tabs agree about the cart", async ({ shopper }) => {
  const [mug, jug] = [await bring("Mug"), await bring("Jug")];
  const other = await shopper.anotherTab();
  await shopper.product.open(mug);
  await other.product.open(jug);

  await shopper.product.addToCart(2);
  await other.header.counts(2);
  await other.product.addToCart();
  await shopper.header.counts(3);

  await other.cart.open();
  await shopper.cart.open();
  await shopper.cart.type(mug.name, "4");
  await other.cart.holds(mug, 4);
  await other.cart.sums(euros(5 * mug.cents));
  await other.cart.remove(jug.name);
  await expect(shopper.cart.quantityOf(jug.name)).toBeHidden();
});

test("two tabs adding at the same moment lose nothing", async ({ shopper }) => {
  const [mug, jug] = [await bring("Mug"), await bring("Jug")];
  const other = await shopper.anotherTab();
  await shopper.product.open(mug);
  await shopper.product.addToCart();
  await other.product.open(jug);
  await Promise.all([shopper.product.addToCart(), other.product.addToCart()]);

  await shopper.cart.open();
  await shopper.cart.holds(mug, 2);
  await shopper.cart.holds(jug, 1);
});

test("two tabs of a visitor without a cart add at the same moment and lose nothing", async ({ shopper }) => {
  const [mug, jug] = [await bring("Mug"), await bring("Jug")];
  const other = await shopper.anotherTab();
  await shopper.product.open(mug);
  await other.product.open(jug);
  await Promise.all([shopper.product.addToCart(), other.product.addToCart(2)]);

  await shopper.header.counts(3);
  await other.header.counts(3);
  await shopper.cart.open();
  await shopper.cart.holds(mug, 1);
  await shopper.cart.holds(jug, 2);
});

test("after paying, every page and tab knows that the cart is empty", async ({ page, shopper }) => {
  const mug = await bring("Mug");
  const other = await shopper.anotherTab();
  await shopper.goToProvider(mug);
  await other.page.goto("/");
  await other.header.counts(1);

  await shopper.provider.payWith("Success");
  await shopper.order.isConfirmed();
  await shopper.header.counts(0);
  await other.header.counts(0);

  await page.goto(`/p/${mug.slug}`);
  await shopper.header.counts(0);
  await page.goBack();
  await shopper.order.isConfirmed();
  await shopper.header.counts(0);
});
