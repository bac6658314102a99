import { expect, type Locator, type Page } from "@playwright/test";
import { answered, listens } from "../alive";
import type { Goods } from "../goods";

/** `/cart` */
export class CartPage {
  readonly checkout: Locator;

  constructor(private readonly page: Page, private readonly scripts: boolean) {
    this.checkout = page.getByRole("main").getByRole("link", { name: "Checkout" });
  }

  async open(): Promise<void> {
    await this.page.goto("/cart");
    await expect(this.page.getByRole("heading", { level: 1, name: "Cart" })).toBeVisible();
  }

  quantityOf(name: string): Locator {
    return this.page.getByRole("spinbutton", { name: `Quantity of ${name}` });
  }

  /** Types a quantity and sends it: with scripts by leaving the field, without by its button. */
  async type(name: string, quantity: string): Promise<void> {
    const field = this.quantityOf(name);
    const form = this.page.locator("form", { has: field });
    if (this.scripts) await listens(form, "submit");
    await field.fill(quantity);
    if (this.scripts) await field.blur();
    else await form.getByRole("button", { name: "Update" }).click();
  }

  async remove(name: string, { refused = false } = {}): Promise<void> {
    const button = this.page.getByRole("button", { name: `Remove ${name}` });
    if (this.scripts) {
      await listens(this.page.locator("form", { has: button }), "submit");
      await answered(this.page, "remove", () => button.click());
    } else {
      await button.click();
    }
    await expect(button).toBeVisible({ visible: refused });
  }

  async undo(): Promise<void> {
    const undo = this.page.getByRole("button", { name: "Undo" });
    if (this.scripts) await answered(this.page, "add", () => undo.click());
    else await undo.click();
  }

  async holds({ name }: Pick<Goods, "name">, quantity: number): Promise<void> {
    await expect(this.quantityOf(name)).toHaveValue(String(quantity));
  }

  async isEmpty(): Promise<void> {
    await expect(this.page.getByText("There is nothing in your cart yet.").filter({ visible: true })).toHaveCount(1);
  }

  /** What the items cost together. */
  async sums(amount: string): Promise<void> {
    await expect(this.page.getByRole("region", { name: "Sum" }).getByRole("definition").first()).toHaveText(amount);
  }
}
