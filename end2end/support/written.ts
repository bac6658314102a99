// What the store has written down that no page shows.
import { MongoClient, type Filter } from "mongodb";
import pg from "pg";
import { setting } from "./store";

/** How many products the shop shows. */
export function productsPublished(): Promise<number> {
  return count("products", { status: "published" });
}

/**
 * How many sessions were written for visitors who changed nothing. The first change of a cart makes it
 * version 1, so that those which other tests write meanwhile do not count.
 */
export function sessionsOfOnlookers(): Promise<number> {
  return count("sessions", { "cart.version": { $not: { $gte: 1 } }, checkout: { $exists: false } });
}

/** How often a webhook was taken in, by its event's id. */
export async function deliveriesOf(event: string): Promise<number> {
  const client = new pg.Client({ connectionString: setting("DATABASE_URL") });
  await client.connect();
  try {
    const query = "select deliveries from payments.provider_events where event_id = $1";
    return (await client.query<{ deliveries: number }>(query, [event])).rows[0]?.deliveries ?? 0;
  } finally {
    await client.end();
  }
}

async function count(collection: string, filter: Filter<Record<string, unknown>>): Promise<number> {
  const client = new MongoClient(setting("MONGODB_URL"));
  try {
    return await client.db().collection<Record<string, unknown>>(collection).countDocuments(filter);
  } finally {
    await client.close();
  }
}
