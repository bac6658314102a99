import { expect, type Locator, type Page } from "@playwright/test";
import { setting } from "../store";

export type Card =
  | "Success"
  | "Declined"
  | "Challenge"
  | "Answer lost"
  | "Slow webhook"
  | "Repeated webhooks";

/** The payment provider's own pages, on its own host. */
export class ProviderPage {
  readonly pay: Locator;

  constructor(private readonly page: Page) {
    this.pay = page.getByRole("button", { name: "Pay", exact: true });
  }

  async isShown(): Promise<void> {
    await expect(this.pay).toBeVisible();
    expect(this.page.url()).toContain(setting("PSP_URL"));
  }

  async payWith(card: Card): Promise<void> {
    await this.page.getByRole("radiogroup", { name: "Card" }).getByRole("radio", { name: card }).check();
    await this.pay.click();
  }

  async confirm(): Promise<void> {
    await this.page.getByRole("button", { name: "Confirm" }).click();
  }

  async saysAnswerWasLost(): Promise<void> {
    await expect(this.page.getByRole("heading", { name: "The connection was lost" })).toBeVisible();
  }

  /** Where the shopper returns to. */
  async wayBack(): Promise<string> {
    const link = this.page.getByRole("link", { name: "Cancel and return to the shop" });
    return (await link.getAttribute("href")) ?? "";
  }
}
