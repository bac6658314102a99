// Who may change something: the store's own pages, and the payment provider by its signature. What
// other sites send in a visitor's name changes nothing, nor does anything that is only looked at.
import { createHmac, randomUUID } from "node:crypto";
import type { APIRequestContext } from "@playwright/test";
import { unsafeFunctions } from "./support/functions";
import { bring, type Goods } from "./support/goods";
import { AS_FORM, AS_PROGRAM, DELIVERY, add, linesInCart, order } from "./support/shopping";
import { setting } from "./support/store";
import { expect, test } from "./support/watched";
import { STORE, ask } from "./support/wire";
import { deliveriesOf } from "./support/written";

let book: Goods;

test.beforeAll(async () => {
  book = await bring("Book", { cents: 2_500, left: 50 });
});

const FUNCTIONS = unsafeFunctions();

/** Fields that every one of the functions would act on. */
const everything = () => ({ ...DELIVERY, sku: book.sku, quantity: "3", number: "V-0000-0000", key: "x" });

test("the functions that change something are known", () => {
  expect(FUNCTIONS).toEqual(
    expect.arrayContaining(["/api/cart/add", "/api/cart/set", "/api/cart/remove", "/api/checkout/place", "/api/orders/pay", "/api/orders/cancel", "/api/orders/return"]),
  );
});

const FOREIGN: Record<string, Record<string, string>> = {
  "another origin": { origin: "https://evil.example" },
  "an origin that is kept secret": { origin: "null" },
  "another port": { origin: "http://127.0.0.1:1" },
  "an origin that begins like ours": { origin: `${STORE}.evil.example` },
  "another site": { "sec-fetch-site": "cross-site" },
  "another site that claims our origin": { "sec-fetch-site": "cross-site", origin: "https://evil.example" },
  "another part of the site": { "sec-fetch-site": "same-site" },
};

for (const [who, headers] of Object.entries(FOREIGN)) {
  test(`what ${who} sends in a visitor's name changes nothing`, async ({ request }) => {
    await add(request, book);
    for (const path of FUNCTIONS) {
      for (const accept of [AS_PROGRAM, AS_FORM]) {
        const answer = await request.post(path, { headers: { ...accept, ...headers }, form: everything(), maxRedirects: 0 });
        expect(answer.status(), path).toBe(403);
        expect(await answer.json(), path).toMatchObject({ code: "foreign_origin" });
        expect(answer.headers()["set-cookie"], path).toBeUndefined();
      }
    }
    expect(await linesInCart(request)).toMatchObject([{ quantity: 1 }]);
  });
}

test("what the store's own pages send is heard", async ({ request }) => {
  const own: Record<string, string>[] = [
    { origin: STORE },
    { origin: STORE, "sec-fetch-site": "same-origin" },
    { "sec-fetch-site": "none" },
  ];
  for (const headers of own) {
    const form = { sku: book.sku, quantity: "1" };
    await expect(await request.post("/api/cart/add", { headers: { ...AS_PROGRAM, ...headers }, form })).toBeOK();
  }
  expect(await linesInCart(request)).toMatchObject([{ quantity: 3 }]);
});

test("looking at what changes something changes nothing", async ({ request }) => {
  await add(request, book);
  const query = new URLSearchParams(everything()).toString();
  for (const path of FUNCTIONS) {
    for (const method of ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
      const answer = await request.fetch(`${path}?${query}`, { method, headers: AS_PROGRAM, maxRedirects: 0 });
      expect(answer.status(), `${method} ${path}`).toBe(405);
    }
    const told = await request.get(`${path}?${query}`, { headers: AS_FORM, maxRedirects: 0 });
    expect(told.status(), path).toBe(405);
    expect(await told.json(), path).toMatchObject({ code: "method_not_allowed" });
  }
  expect(await linesInCart(request)).toMatchObject([{ quantity: 1 }]);
});

test("pages can only be looked at", async ({ request }) => {
  for (const path of ["/", "/p/laptop", "/c/electronics", "/cart", "/checkout", "/credits"]) {
    for (const method of ["POST", "PUT", "DELETE"]) {
      const answer = await request.fetch(path, { method, maxRedirects: 0 });
      expect(answer.status(), `${method} ${path}`).toBe(405);
    }
  }
});

/** A webhook as the provider signs it (https://www.standardwebhooks.com), `age` seconds ago. */
function webhook({ about = "none", age = 0, id = `evt_${randomUUID()}` }) {
  const at = Math.floor(Date.now() / 1000) - age;
  const body = JSON.stringify({ id, type: "payment.succeeded", created: at, data: { payment: { id: about } } });
  return { id, at, body, signature: sign(setting("VITRINE__PAYMENTS__SANDBOX__WEBHOOK_SECRET"), id, at, body) };
}

function sign(secret: string, id: string, at: number, body: string): string {
  const key = secret.startsWith("whsec_") ? Buffer.from(secret.slice(6), "base64") : secret;
  return `v1,${createHmac("sha256", key).update(`${id}.${at}.${body}`).digest("base64")}`;
}

type Webhook = ReturnType<typeof webhook>;

function deliver(request: APIRequestContext, { id, at, body, signature }: Webhook) {
  const headers = {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": String(at),
    "webhook-signature": signature,
  };
  return request.post("/webhooks/sandbox", { headers, data: Buffer.from(body) });
}

test("a webhook that the provider signed is taken in, and again without effect", async ({ request }) => {
  const genuine = webhook({});
  expect((await deliver(request, genuine)).status()).toBe(204);
  expect(await deliveriesOf(genuine.id)).toBe(1);
  expect((await deliver(request, genuine)).status()).toBe(204);
  expect(await deliveriesOf(genuine.id)).toBe(2);
  const almostOld = webhook({ age: 290 });
  expect((await deliver(request, almostOld)).status()).toBe(204);
});

const FORGED: Record<string, (genuine: Webhook) => Webhook> = {
  "signed with another secret": (hook) => ({ ...hook, signature: sign("whsec_bm90IG91ciBzZWNyZXQ=", hook.id, hook.at, hook.body) }),
  "not signed": (hook) => ({ ...hook, signature: "" }),
  "signed with nonsense": (hook) => ({ ...hook, signature: "v1,AAAA v2,%%%" }),
  "changed after it was signed": (hook) => ({ ...hook, body: hook.body.replace("none", "other") }),
  "sent under another event's name": (hook) => ({ ...hook, id: `evt_${randomUUID()}` }),
  "made younger after it was signed": (hook) => ({ ...hook, at: hook.at + 1 }),
  "replayed after 301 seconds": () => webhook({ age: 301 }),
  "sent from the future": () => webhook({ age: -310 }),
};

for (const [how, forge] of Object.entries(FORGED)) {
  test(`a webhook that was ${how} is refused and has no effect`, async ({ request }) => {
    const forged = forge(webhook({}));
    const answer = await deliver(request, forged);
    expect(answer.status()).toBe(401);
    expect(await answer.json()).toMatchObject({ code: "webhook_refused" });
    expect(await deliveriesOf(forged.id)).toBe(0);
  });
}

test("a webhook without the headers of one is refused", async ({ request }) => {
  for (const body of ["", "{}", "nonsense"]) {
    const answer = await request.post("/webhooks/sandbox", { data: Buffer.from(body) });
    expect(answer.status()).toBe(401);
  }
  expect((await request.get("/webhooks/sandbox")).status()).toBe(405);
});

test("neither a forged webhook nor a true one pays an order that was not paid", async ({ request }) => {
  await add(request, book);
  const payment = await order(request);
  const about = payment.split("/").at(-1) ?? "";
  const page = /href="([^"]*\/orders\/[^"]*)"/.exec(await (await request.get(payment)).text())?.[1] ?? "";
  const genuine = webhook({ about });
  const forged = { ...webhook({ about }), signature: genuine.signature };
  expect((await deliver(request, forged)).status()).toBe(401);
  // How a payment stands is asked of the provider, whatever its webhook says.
  expect((await deliver(request, genuine)).status()).toBe(204);
  const status = await (await request.get(page.replaceAll("&amp;", "&"))).text();
  expect(status).not.toContain("Payment confirmed");
  expect(status).toContain("Waiting for the payment provider");
});

const KINDS = {
  page: ["/", "/c/electronics", "/p/laptop", "/p/laptop?quantity=0&problem=quantity_zero", "/cart", "/checkout", "/credits", "/nothing", "/orders/V-0000-0000?key=x"],
  other: ["/api/cart/get", "/api/cart/add", "/robots.txt", "/sitemap.xml", "/favicon.svg", "/health/live", "/health/ready", "/media/none", "/pkg/none.js", "/events", "/webhooks/sandbox"],
};

for (const path of [...KINDS.page, ...KINDS.other]) {
  test(`${path} is sent with the headers that keep it safe`, async () => {
    const { headers } = await ask(path, { headers: { "x-request-id": "named-by-a-proxy" } });
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["referrer-policy"]).toMatch(/^(strict-origin-when-cross-origin|no-referrer)$/);
    expect(headers["cross-origin-opener-policy"]).toBe("same-origin");
    expect(headers["cross-origin-resource-policy"]).toBe("same-origin");
    expect(headers["permissions-policy"]).toContain("camera=()");
    expect(headers["x-request-id"]).toBe("named-by-a-proxy");
    expect(headers["server"]).toBeUndefined();
    expect(headers["x-powered-by"]).toBeUndefined();
    expect(headers["access-control-allow-origin"]).toBeUndefined();
  });
}

for (const path of KINDS.page) {
  test(`${path} runs no script but its own`, async () => {
    const policy = (await ask(path)).headers["content-security-policy"] as string;
    const rules = new Map(policy.split(";").map((rule) => rule.trim().split(" ")).map(([name, ...sources]) => [name, sources]));
    expect(rules.get("default-src")).toEqual(["'none'"]);
    expect(rules.get("base-uri")).toEqual(["'none'"]);
    expect(rules.get("frame-ancestors")).toEqual(["'none'"]);
    expect(rules.get("form-action")).toEqual(["'self'", new URL(setting("PSP_URL")).origin]);
    expect(rules.get("connect-src")).toEqual(["'self'"]);
    expect(rules.get("style-src")).toEqual(["'self'"]);
    for (const source of rules.get("script-src") ?? ["none"]) {
      expect(source).toMatch(/^('self'|'wasm-unsafe-eval'|'sha256-[A-Za-z0-9+/]{43}=')$/);
    }
  });
}
