import { expect, type Locator, type Page } from "@playwright/test";

/** `/orders/{number}?key=…` */
export class OrderPage {
  readonly status: Locator;
  readonly payAgain: Locator;

  constructor(private readonly page: Page) {
    this.status = page.getByRole("main").getByRole("status").first();
    this.payAgain = page.getByRole("button", { name: /^Pay / });
  }

  async open({ number, key }: { number: string; key: string }): Promise<void> {
    await this.page.goto(`/orders/${number}?key=${key}`);
  }

  async reads(headline: string, timeout?: number): Promise<void> {
    await expect(this.status).toHaveText(headline, { timeout });
  }

  async isConfirmed(timeout?: number): Promise<void> {
    await this.reads("Payment confirmed", timeout);
  }

  async isWaiting(): Promise<void> {
    await this.reads("Waiting for the payment provider…");
  }

  /** What the customer calls it. */
  async number(): Promise<string> {
    const heading = this.page.getByRole("heading", { level: 1, name: /^Your order V-/ });
    return ((await heading.textContent()) ?? "").replace("Your order", "").trim();
  }

  /** Cancels the order, the way the page offers it. */
  async cancel(): Promise<void> {
    await this.page.getByText("Cancel this order").click();
    await this.page.getByRole("button", { name: "Cancel the order" }).click();
  }

  /** What the page tells of what happened. */
  async tells(sentence: string): Promise<void> {
    const history = this.page.getByRole("region", { name: "What happened" });
    await expect(history.getByRole("listitem").filter({ hasText: sentence })).toHaveCount(1);
  }

  /** One of the things ordered, by all that its line says. */
  async lists(...texts: string[]): Promise<void> {
    const items = this.page.getByRole("listitem");
    const line = texts.reduce((lines, hasText) => lines.filter({ hasText }), items);
    await expect(line).toHaveCount(1);
  }
}
