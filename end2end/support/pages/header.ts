import { expect, type Locator, type Page } from "@playwright/test";
import { listens } from "../alive";

/** What stands above every page. */
export class Header {
  /** "Cart", "Cart, 1 item", "Cart, 2 items"; without scripts the count is on the cart's page only. */
  readonly cart: Locator;
  /** What the cart's link opens with scripts. */
  readonly drawer: Locator;

  constructor(private readonly page: Page) {
    this.cart = page.getByRole("banner").getByRole("link", { name: /^Cart(, \d+ items?)?$/ });
    this.drawer = page.getByRole("dialog", { name: "Your cart" });
  }

  async counts(pieces: number): Promise<void> {
    const name = ["Cart", "Cart, 1 item"][pieces] ?? `Cart, ${pieces} items`;
    await expect(this.cart).toHaveAccessibleName(name);
  }

  async openDrawer(): Promise<void> {
    await listens(this.cart, "click");
    await this.cart.click();
    await expect(this.drawer).toBeVisible();
  }

  async department(name: string): Promise<void> {
    const departments = this.page.getByRole("region", { name: "Departments" });
    await departments.getByRole("link", { name: new RegExp(`^${name}`) }).click();
    await expect(this.page.getByRole("heading", { level: 1, name })).toBeVisible();
  }
}
