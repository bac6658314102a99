// What the store's books say, read where they are kept: a page may say "paid" once and the books
// twice.
import pg from "pg";
import { setting } from "./store";

/** An order with what became of its money. */
export interface OrderRecord {
  number: string;
  /** Opens the order's page. */
  key: string;
  state: "awaiting_payment" | "paid" | "cancelled";
  totalMinor: number;
  /** How often its money was taken. */
  captures: number;
  /** What was taken, in cents. */
  capturedMinor: number;
  /** How often a webhook about it arrived. */
  deliveries: number;
  /** Which webhooks about it were acted on, once each. */
  told: string[];
}

const ORDERS = `
  select o.number,
    o.access_key as "key",
    o.state,
    o.total_minor::int as "totalMinor",
    (select count(*)::int
      from payments.intents i
      join payments.attempts a on a.intent = i.id
      join payments.postings p on p.attempt = a.id
      where i.order_reference = o.id and p.kind = 'capture') as "captures",
    (select coalesce(sum(e.amount_minor) filter (where e.amount_minor > 0), 0)::int
      from payments.intents i
      join payments.attempts a on a.intent = i.id
      join payments.postings p on p.attempt = a.id
      join payments.entries e on e.posting = p.id
      where i.order_reference = o.id and p.kind = 'capture') as "capturedMinor",
    (select coalesce(sum(v.deliveries), 0)::int
      from payments.intents i
      join payments.attempts a on a.intent = i.id
      join payments.provider_events v on v.attempt = a.id
      where i.order_reference = o.id) as "deliveries",
    (select coalesce(array_agg(v.kind order by v.kind), '{}')
      from payments.intents i
      join payments.attempts a on a.intent = i.id
      join payments.provider_events v on v.attempt = a.id
      where i.order_reference = o.id) as "told"
  from orders.orders o`;

/** Every order that was placed under an e-mail address, the oldest first. */
export function ordersOf(email: string): Promise<OrderRecord[]> {
  return ask<OrderRecord>(`${ORDERS} where o.email = $1 order by o.placed_at`, email);
}

/** Every order of a SKU, the oldest first. */
export function ordersFor(sku: string): Promise<OrderRecord[]> {
  const ofSku = "o.id in (select order_id from orders.lines where sku = $1)";
  return ask<OrderRecord>(`${ORDERS} where ${ofSku} order by o.placed_at`, sku);
}

/** How many pieces of a SKU were sold, and how many can still be. */
export async function stockOf(sku: string): Promise<{ sold: number; left: number }> {
  const sums = "sum(allocated)::int as sold, sum(available)::int as left";
  const [row] = await ask<{ sold: number; left: number }>(
    `select ${sums} from inventory.stock_levels where sku = $1`,
    sku,
  );
  return row;
}

async function ask<Row extends pg.QueryResultRow>(question: string, value: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: setting("DATABASE_URL") });
  await client.connect();
  try {
    return (await client.query<Row>(question, [value])).rows;
  } finally {
    await client.end();
  }
}
