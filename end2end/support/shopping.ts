// A purchase by plain requests, for tests that are about what comes after it.
import { expect, type APIRequestContext, type APIResponse } from "@playwright/test";
import type { Goods } from "./goods";

export const AS_PROGRAM = { accept: "application/json" };
export const AS_FORM = { accept: "text/html,application/xhtml+xml" };

/** An address that everything can be delivered to. */
export const DELIVERY = {
  email: "ada@example.com",
  full_name: "Ada Lovelace",
  address: "Torstraße 1",
  city: "Berlin",
  postal_code: "10119",
  country: "DE",
  delivery: "standard",
};

/** A line of the cart as the store tells it. */
export interface Line {
  item: { sku: string; price: { minor: number; currency: string } };
  quantity: number;
}

export async function add(shopper: APIRequestContext, { sku }: Goods, quantity = 1): Promise<void> {
  const form = { sku, quantity: String(quantity) };
  await expect(await shopper.post("/api/cart/add", { headers: AS_PROGRAM, form })).toBeOK();
}

export async function linesInCart(shopper: APIRequestContext): Promise<Line[]> {
  const answer = await shopper.get("/api/cart/get", { headers: AS_PROGRAM });
  return ((await answer.json()) as { lines: Line[] }).lines;
}

/** Sends the checkout's form; `form` overrides or adds fields. */
export function place(shopper: APIRequestContext, form: Record<string, string> = {}): Promise<APIResponse> {
  return shopper.post("/api/checkout/place", { headers: AS_PROGRAM, form: { ...DELIVERY, ...form } });
}

/** Orders what is in the cart: where its payment can be made. */
export async function order(shopper: APIRequestContext): Promise<string> {
  const answer = await place(shopper);
  await expect(answer).toBeOK();
  return ((await answer.json()) as { next: string }).next;
}

/** Pays on the provider's page; gives the address of the order's page. */
export async function pay(shopper: APIRequestContext, payment: string, card: string): Promise<string> {
  const answer = await shopper.post(payment, { form: { card }, maxRedirects: 0 });
  expect(answer.status()).toBe(303);
  return answer.headers()["location"];
}
