import { expect, type Locator, type Page } from "@playwright/test";
import { listens } from "../alive";

/** `/checkout` */
export class CheckoutPage {
  readonly pay: Locator;
  readonly email: Locator;
  /** What the page says in a loud voice: why nothing was ordered. */
  readonly alert: Locator;

  constructor(private readonly page: Page, private readonly scripts: boolean) {
    this.pay = page.getByRole("button", { name: /^Pay / });
    this.email = page.getByLabel("Email");
    this.alert = page.getByRole("alert");
  }

  async open(): Promise<void> {
    await this.page.goto("/checkout");
    await expect(this.page.getByRole("heading", { level: 1, name: "Checkout" })).toBeVisible();
  }

  async fill(email: string): Promise<void> {
    if (this.scripts) await listens(this.page.locator("form", { has: this.pay }), "submit");
    await this.email.fill(email);
    await this.page.getByLabel("Full name").fill("Ada Lovelace");
    await this.page.getByLabel("Address", { exact: true }).fill("Unter den Linden 1");
    await this.page.getByLabel("City").fill("Berlin");
    await this.page.getByLabel("Postal code").fill("10117");
    await this.page.getByLabel("Country").selectOption({ label: "Germany" });
    await this.deliver("Standard");
  }

  async deliver(method: "Standard" | "Express"): Promise<void> {
    await this.page.getByRole("radiogroup", { name: "Delivery" }).getByRole("radio", { name: method }).check();
  }

  async asksFor(amount: string): Promise<void> {
    await expect(this.pay).toHaveAccessibleName(`Pay ${amount}`);
  }

  /** What the page says about changes in a quiet voice. */
  notice(text: string): Locator {
    return this.page.getByRole("status").filter({ hasText: text });
  }
}
