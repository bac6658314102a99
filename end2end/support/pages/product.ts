import { expect, type Locator, type Page } from "@playwright/test";
import { answered, listens } from "../alive";
import type { Goods } from "../goods";

/** `/p/{slug}` */
export class ProductPage {
  readonly quantity: Locator;
  readonly add: Locator;
  private readonly added: Locator;

  constructor(private readonly page: Page, private readonly scripts: boolean) {
    this.quantity = page.getByRole("spinbutton", { name: "Quantity", exact: true });
    this.add = page.getByRole("button", { name: "Add to cart" });
    this.added = page.getByRole("status").filter({ hasText: "Added to your cart." });
  }

  async open({ slug, name }: Goods): Promise<void> {
    await this.page.goto(`/p/${slug}`);
    await this.shows(name);
  }

  async shows(name: string): Promise<void> {
    await expect(this.page.getByRole("heading", { level: 1, name })).toBeVisible();
  }

  async choose(option: string, value: string): Promise<void> {
    await this.isReady();
    const radio = this.page.getByRole("radiogroup", { name: option }).getByRole("radio", { name: value });
    await radio.check();
    await expect(radio).toBeChecked();
  }

  /** Asks for so many, as typed, without looking at the answer. */
  async ask(quantity: string): Promise<void> {
    await this.isReady();
    await this.quantity.fill(quantity);
    await this.add.click();
  }

  /** Adds to the cart. With scripts the page stays, without it is the cart's. */
  async addToCart(quantity = 1): Promise<void> {
    if (!this.scripts) {
      await this.ask(String(quantity));
      await expect(this.page).toHaveURL(/\/cart$/);
      return;
    }
    await answered(this.page, "add", () => this.ask(String(quantity)));
    await this.saysAdded();
  }

  async saysAdded(): Promise<void> {
    await expect(this.added).toBeVisible();
  }

  /** Goes to the cart by the link beside the news that something was added. */
  async followToCart(): Promise<void> {
    await this.added.getByRole("link", { name: /cart$/ }).click();
  }

  private async isReady(): Promise<void> {
    if (this.scripts) await listens(this.page.locator("form", { has: this.add }), "submit");
  }
}
