// Things to sell. Every story brings goods of its own, so that stories that run at the same time do
// not sell each other's last piece.
import { randomBytes } from "node:crypto";
import { importFile } from "./store";

/** A product with one variant. */
export interface Goods {
  name: string;
  slug: string;
  sku: string;
  /** What a piece costs, in cents. */
  cents: number;
  /** Where it lies, if it has a place of its own. */
  category?: string;
}

/** Puts a new product up for sale, `left` pieces of it. */
export async function bring(what: string, { cents = 1900, left = 5, placed = false } = {}): Promise<Goods> {
  const mark = randomBytes(4).toString("hex");
  return offer(`${what} ${mark}`, { cents, left, placed });
}

/** The same under this very name, for what the store's settings speak of. */
export async function offer(name: string, { cents = 1900, left = 50, placed = false } = {}): Promise<Goods> {
  const slug = name.toLowerCase().replaceAll(" ", "-");
  // Not at the root, whose categories stand on every page of the other stories.
  const category = placed ? `home-garden/${slug}` : undefined;
  const goods = { name, slug, sku: slug.toUpperCase(), cents, category };
  const place = category ? [{ category: { path: category, names: { en: goods.name } } }] : [];
  const lines = [...place, { product: described(goods), stock: { [goods.sku]: left } }];
  await importFile("jsonl", lines.map((line) => JSON.stringify(line)));
  return goods;
}

/** The same product at another price, from now on. */
export async function reprice(goods: Goods, cents: number): Promise<Goods> {
  const dearer = { ...goods, cents };
  await importFile("jsonl", [JSON.stringify({ product: described(dearer) })]);
  return dearer;
}

/** Somebody counts the shelves and finds so many, all of them in Berlin if nothing else is said. */
export async function count({ sku }: Goods, pieces: number, where: "berlin" | "lyon" = "berlin"): Promise<void> {
  const found = (warehouse: string) => `${warehouse},${sku},${warehouse === where ? pieces : 0}`;
  await importFile("stock", ["warehouse,sku,on_hand", found("berlin"), found("lyon")]);
}

/** Somebody counts the shelves and finds none. */
export async function runOut(goods: Goods): Promise<void> {
  await count(goods, 0);
}

/** An amount as the shop writes it. */
export function euros(cents: number): string {
  return new Intl.NumberFormat("en", { style: "currency", currency: "EUR" }).format(cents / 100);
}

function described({ name, slug, sku, cents, category }: Goods) {
  return {
    categories: category ? [category] : [],
    external_reference: { source: "end2end", id: slug },
    translations: { en: { name, slug } },
    variants: [{ sku, tax_class: "standard", prices: [{ currency: "EUR", amount: cents }] }],
  };
}
