// A person with a browser of their own, and the pages they meet on their way.
import { randomBytes } from "node:crypto";
import { expect, type Page } from "@playwright/test";
import type { Goods } from "./goods";
import { CartPage } from "./pages/cart";
import { CheckoutPage } from "./pages/checkout";
import { Header } from "./pages/header";
import { OrderPage } from "./pages/order";
import { ProductPage } from "./pages/product";
import { ProviderPage } from "./pages/provider";

export class Shopper {
  readonly email = `shopper-${randomBytes(6).toString("hex")}@example.org`;
  readonly header: Header;
  readonly product: ProductPage;
  readonly cart: CartPage;
  readonly checkout: CheckoutPage;
  readonly provider: ProviderPage;
  readonly order: OrderPage;

  constructor(readonly page: Page, readonly scripts: boolean) {
    this.header = new Header(page);
    this.product = new ProductPage(page, scripts);
    this.cart = new CartPage(page, scripts);
    this.checkout = new CheckoutPage(page, scripts);
    this.provider = new ProviderPage(page);
    this.order = new OrderPage(page);
  }

  /** The same person in another tab. */
  async anotherTab(): Promise<Shopper> {
    const tab = new Shopper(await this.page.context().newPage(), this.scripts);
    return Object.assign(tab, { email: this.email });
  }

  /** Puts goods into the cart and fills in the checkout, up to the last button. */
  async goToCheckout(goods: Goods, quantity = 1): Promise<void> {
    await this.product.open(goods);
    await this.product.addToCart(quantity);
    await this.cart.open();
    await this.cart.checkout.click();
    await expect(this.page).toHaveURL(/\/checkout$/);
    await this.checkout.fill(this.email);
  }

  /** Orders goods, up to the provider's page. */
  async goToProvider(goods: Goods, quantity = 1): Promise<void> {
    await this.goToCheckout(goods, quantity);
    await this.checkout.pay.click();
    await this.provider.isShown();
  }
}
