// What the store says to what it cannot do: which status, which code, what a person reads, and that
// nothing has happened.
import { bring, euros, type Goods } from "./support/goods";
import { AS_FORM, AS_PROGRAM, DELIVERY, add, linesInCart, order, place } from "./support/shopping";
import { expect, test } from "./support/watched";
import { STORE, ask } from "./support/wire";

/** Few of it: no test here orders any. */
let kettle: Goods;
/** Enough of it for all that order some. */
let pot: Goods;

test.beforeAll(async () => {
  kettle = await bring("Kettle", { cents: 4_950, left: 3 });
  pot = await bring("Pot", { cents: 7_700, left: 50 });
});

const WRONG_QUANTITIES = {
  "0": ["quantity_zero", "Choose at least 1."],
  "-1": ["quantity_negative", "The quantity cannot be negative."],
  "0.5": ["quantity_fractional", "The quantity must be a whole number."],
  "2147483648": ["quantity_too_many", "At most 999 pieces can be ordered at once."],
  "99999999999999999999": ["quantity_too_many", "At most 999 pieces can be ordered at once."],
  "1e309": ["quantity_not_a_number", "The quantity must be a number."],
  abc: ["quantity_not_a_number", "The quantity must be a number."],
  "": ["quantity_not_a_number", "The quantity must be a number."],
  '"><script>alert(1)': ["quantity_not_a_number", "The quantity must be a number."],
};

/** Text as it stands in an attribute. */
const inAttribute = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

test("what is not there and what is not yours look the same", async ({ request }) => {
  const paths = [
    "/p/no-such-product",
    "/p/UPPER",
    "/c/no-such-category",
    "/c/electronics/no-such-category",
    "/orders/V-0000-0000?key=x",
    "/orders/V-0000-0000",
    "/orders/no%20number?key=x",
    "/orders/..%2f..%2fetc%2fpasswd?key=%00",
    "/nothing",
    "/.env",
  ];
  const bodies = new Set<string>();
  for (const path of paths) {
    const answer = await request.get(path);
    expect(answer.status(), path).toBe(404);
    bodies.add(await answer.text());
  }
  expect(bodies.size).toBe(1);
  const live = await request.get("/events?order=V-0000-0000&key=x");
  expect(live.status()).toBe(404);
});

test("a wrong key opens no order and does not tell that there is one", async ({ request }) => {
  await add(request, pot);
  const payment = await order(request);
  const provider = await (await request.get(payment)).text();
  const back = /href="([^"]*\/orders\/[^"]*)"/.exec(provider)?.[1].replaceAll("&amp;", "&") ?? "";
  const right = await request.get(back);
  await expect(right).toBeOK();
  const unknown = await (await request.get("/orders/V-0000-0000?key=x")).text();
  const key = new URL(back).searchParams.get("key") ?? "";
  for (const wrong of ["", key.slice(1), `${key}x`, key.toUpperCase(), "x".repeat(5_000)]) {
    const address = new URL(back);
    address.searchParams.set("key", wrong);
    const answer = await request.get(address.href);
    expect(answer.status(), wrong.slice(0, 50)).toBe(404);
    expect(await answer.text()).toBe(unknown);
    const again = await request.post("/api/orders/pay", {
      headers: AS_PROGRAM,
      form: { number: address.pathname.split("/").at(-1) ?? "", key: wrong },
    });
    expect(again.status()).toBe(404);
    expect(await again.json()).toMatchObject({ code: "not_found" });
  }
});

for (const [typed, [code, sentence]] of Object.entries(WRONG_QUANTITIES)) {
  test(`a quantity of ${JSON.stringify(typed)} is answered with the reason and what was typed`, async ({ request }) => {
    const { sku, slug } = kettle;
    const program = await request.post("/api/cart/add", { headers: AS_PROGRAM, form: { sku, quantity: typed } });
    expect(program.status()).toBe(422);
    expect(await program.json()).toMatchObject({ code, message: sentence });

    const form = { slug, sku, quantity: typed };
    const person = await request.post("/api/cart/add", { headers: AS_FORM, form });
    expect(person.status()).toBe(200);
    expect(new URL(person.url()).pathname).toBe(`/p/${slug}`);
    const product = await person.text();
    expect(product).toContain(sentence);
    expect(product).toContain(`value="${inAttribute(typed)}"`);
    expect(person.headers()["cache-control"]).toContain("no-store");
    expect(await linesInCart(request)).toEqual([]);

    await add(request, kettle, 2);
    const set = await request.post("/api/cart/set", { headers: AS_PROGRAM, form: { sku, quantity: typed } });
    expect(set.status()).toBe(422);
    expect(await set.json()).toMatchObject({ code, message: sentence });
    const back = await request.post("/api/cart/set", { headers: AS_FORM, form: { sku, quantity: typed } });
    expect(new URL(back.url()).pathname).toBe("/cart");
    const cart = await back.text();
    expect(cart).toContain(sentence);
    expect(cart).toContain(`value="${inAttribute(typed)}"`);
    expect(await linesInCart(request)).toMatchObject([{ item: { sku }, quantity: 2 }]);
  });
}

test("more than there is cannot be put into a cart, and the answer says how many can", async ({ request }) => {
  const { sku, slug } = kettle;
  const much = { sku, slug, quantity: "4" };
  const program = await request.post("/api/cart/add", { headers: AS_PROGRAM, form: much });
  expect(program.status()).toBe(409);
  expect(await program.json()).toMatchObject({ code: "out_of_stock", details: { left: 3, in_cart: 0 } });
  const person = await request.post("/api/cart/add", { headers: AS_FORM, form: much });
  expect(await person.text()).toMatch(/Only 3 left\.[^]*value="4"|value="4"[^]*Only 3 left\./);

  await add(request, kettle, 2);
  const twoMore = await request.post("/api/cart/add", { headers: AS_PROGRAM, form: { sku, quantity: "2" } });
  expect(await twoMore.json()).toMatchObject({ code: "out_of_stock", details: { left: 3, in_cart: 2 } });
  const set = await request.post("/api/cart/set", { headers: AS_FORM, form: { sku, quantity: "4" } });
  expect(await set.text()).toContain("Only 3 left");
  expect(await linesInCart(request)).toMatchObject([{ quantity: 2 }]);
});

test("what is not sold cannot be put into a cart", async ({ request }) => {
  const unknown: Record<string, string>[] = [
    { sku: "NO-SUCH-SKU", quantity: "1" },
    { slug: "no-such-product", quantity: "1" },
    { slug: "laptop", quantity: "1", "options[screen-size]": "99 inch" },
    { sku: "$where", quantity: "1" },
    { sku: "x".repeat(10_000), quantity: "1" },
    { quantity: "1" },
  ];
  for (const form of unknown) {
    const answer = await request.post("/api/cart/add", { headers: AS_PROGRAM, form });
    expect(answer.status(), JSON.stringify(form).slice(0, 80)).toBe(404);
    expect(await answer.json()).toMatchObject({ code: "not_sold" });
  }
  const set = await request.post("/api/cart/set", { headers: AS_PROGRAM, form: { sku: kettle.sku, quantity: "1" } });
  expect(set.status()).toBe(404);
  expect(await set.json()).toMatchObject({ code: "not_in_cart" });
  expect(await linesInCart(request)).toEqual([]);
});

test("a combination that is not made comes back as it was chosen", async ({ request }) => {
  const chosen = { "options[screen-size]": "15 inch", "options[ram]": "99GB" };
  const answer = await request.post("/api/cart/add", {
    headers: AS_FORM,
    form: { ...chosen, slug: "laptop", variants: "", quantity: "2" },
  });
  expect(new URL(answer.url()).pathname).toBe("/p/laptop");
  const html = await answer.text();
  expect(html).toMatch(/value="15 inch" checked/);
  expect(html).toContain("Please choose another.");
  expect(html).toContain('value="2"');
  expect(html).not.toContain('aria-invalid="true"');
});

test("a price that the browser claims to have seen is told as changed and never charged", async ({ request }) => {
  const form = { sku: pot.sku, quantity: "1", seen_price: "1" };
  await expect(await request.post("/api/cart/add", { headers: AS_PROGRAM, form })).toBeOK();
  const told = await place(request);
  expect(told.status()).toBe(409);
  expect(await told.json()).toMatchObject({ code: "cart_changed" });
  // Looking at the cart tells it and changes nothing; the next change takes the price that counts.
  const right = { minor: pot.cents, currency: "EUR" };
  expect(await (await request.get("/cart")).text()).toContain(`changed from €0.01 to ${euros(pot.cents)}`);
  const set = { sku: pot.sku, quantity: "1" };
  await expect(await request.post("/api/cart/set", { headers: AS_PROGRAM, form: set })).toBeOK();
  expect(await linesInCart(request)).toMatchObject([{ item: { price: right } }]);
  for (const seen_price of ["0", "-1", "x", "9".repeat(30)]) {
    await expect(await request.post("/api/cart/add", { headers: AS_PROGRAM, form: { ...form, seen_price } })).toBeOK();
  }
  expect(await linesInCart(request)).toMatchObject([{ item: { price: right }, quantity: 5 }]);
});

test("an address that ends in a slash is moved to the one without", async ({ request }) => {
  for (const path of ["/p/laptop", "/cart", "/c/electronics"]) {
    const answer = await request.get(`${path}/?a=1`, { maxRedirects: 0 });
    expect(answer.status(), path).toBe(308);
    expect(answer.headers()["location"]).toBe(`${path}?a=1`);
  }
});

test("prices and totals that the browser sends are ignored", async ({ request }) => {
  const cheap = { price: "1", total: "1", amount: "1", currency: "XXX", "item[price][minor]": "1" };
  const form = { ...cheap, sku: pot.sku, quantity: "1" };
  await expect(await request.post("/api/cart/add", { headers: AS_PROGRAM, form })).toBeOK();
  const right = { minor: pot.cents, currency: "EUR" };
  expect(await linesInCart(request)).toMatchObject([{ item: { price: right } }]);
  const set = await request.post("/api/cart/set", { headers: AS_PROGRAM, form });
  expect((await set.json()).lines).toMatchObject([{ item: { price: right } }]);

  const refused = await place(request, { ...cheap, seen_total: "1" });
  expect(refused.status()).toBe(409);
  expect(await refused.json()).toMatchObject({ code: "price_changed" });

  const placed = await place(request, cheap);
  await expect(placed).toBeOK();
  const page = await (await request.get((await placed.json()).next as string)).text();
  const [, cents] = /(\d+\.\d\d) EUR/.exec(page) ?? [];
  expect(Number(cents) * 100).toBeGreaterThan(pot.cents);
});

test("a checkout with wrong fields says of each what is wrong and keeps what was typed", async ({ request }) => {
  await add(request, pot);
  const typed = { email: "nobody", postal_code: "x", country: "US", full_name: '"><b>Ada', city: "" };
  const program = await place(request, typed);
  expect(program.status()).toBe(422);
  const refusal = (await program.json()) as { code: string; details: { errors: [string, unknown][] } };
  expect(refusal.code).toBe("fields_invalid");
  const fields = refusal.details.errors.map(([field]) => field).sort();
  expect(fields).toEqual(expect.arrayContaining(["city", "country", "email"]));

  const person = await request.post("/api/checkout/place", { headers: AS_FORM, form: { ...DELIVERY, ...typed } });
  expect(new URL(person.url()).pathname).toBe("/checkout");
  const html = await person.text();
  expect(html).toContain('value="nobody"');
  expect(html).toContain(`value="${inAttribute(typed.full_name)}"`);
  expect(html).toContain('aria-invalid="true"');
  expect(await linesInCart(request)).toHaveLength(1);
});

test("without a cart there is nothing to order", async ({ request }) => {
  const answer = await place(request);
  expect(answer.status()).toBe(409);
  expect(await answer.json()).toMatchObject({ code: "cart_empty" });
  const person = await request.post("/api/checkout/place", { headers: AS_FORM, form: DELIVERY });
  expect(await person.text()).toContain("Your cart is empty");
});

test("the total that was seen is what is asked for", async ({ request }) => {
  await add(request, pot);
  const page = await (await request.get("/checkout")).text();
  const [, seen] = /name="seen_total" value="(\d+)"/.exec(page) ?? [];
  expect(page).toContain(euros(Number(seen)));
  const placed = await place(request, { seen_total: seen });
  await expect(placed).toBeOK();
  const provider = await (await request.get((await placed.json()).next as string)).text();
  expect(provider).toContain(`${(Number(seen) / 100).toFixed(2)} EUR`);
});

const FORM = "application/x-www-form-urlencoded";
const BODIES: Record<string, { type: string; body: string | Buffer }> = {
  "nothing at all": { type: FORM, body: "" },
  "JSON for a form": { type: "application/json", body: '{"sku":"A","quantity":1}' },
  "broken JSON": { type: "application/json", body: '{"sku":' },
  "a form that is cut off": { type: FORM, body: "sku=%E0%A4%A&quantity=%" },
  "bytes that are no text": { type: FORM, body: Buffer.from([0x73, 0x6b, 0x75, 0x3d, 0xff, 0xfe, 0x00]) },
  "a list where one value belongs": { type: FORM, body: "sku[]=a&sku[]=b&quantity[a]=1&options=x" },
  "the same field twice": { type: FORM, body: "sku=a&sku=b&quantity=1&quantity=2" },
  "very deep nesting": { type: FORM, body: `options${"[a]".repeat(2_000)}=1&quantity=1` },
  "very many options": { type: FORM, body: Array.from({ length: 5_000 }, (_, i) => `options[${i}]=1`).join("&") },
  "another kind of form": { type: "multipart/form-data; boundary=x", body: "--x\r\n\r\n" },
  "no known type": { type: "text/plain", body: "sku=a&quantity=1" },
};

for (const [what, { type, body }] of Object.entries(BODIES)) {
  test(`${what} is refused with a code`, async ({ request }) => {
    for (const path of ["/api/cart/add", "/api/cart/set", "/api/checkout/place", "/api/orders/pay", "/api/orders/cancel", "/api/orders/return"]) {
      const data = Buffer.from(body);
      const program = await request.post(path, { headers: { ...AS_PROGRAM, "content-type": type }, data });
      expect(program.status(), path).toBeGreaterThanOrEqual(400);
      expect(program.headers()["content-type"], path).toBe("application/json");
      expect((await program.json()).code, path).toMatch(/^[a-z_]+$/);
      const headers = { ...AS_FORM, "content-type": type };
      const person = await request.post(path, { headers, data, maxRedirects: 0 });
      // It is sent on by the store itself, to where it reads why, or refused like a program.
      if (person.status() === 303) expect(person.headers()["location"], path).toMatch(/^\/(?!\/)/);
      else {
        expect(person.status(), path).toBe(program.status());
        expect(person.headers()["location"], path).toBeUndefined();
        const code = person.status() === 413 ? "too_large" : "malformed";
        expect(await person.json(), path).toMatchObject({ code });
      }
    }
    expect(await linesInCart(request)).toEqual([]);
  });
}

test("a body that is too large is not read", async ({ request }) => {
  const large = `quantity=1&sku=${"a".repeat(70_000)}`;
  for (const path of ["/api/cart/add", "/api/checkout/place", "/webhooks/sandbox"]) {
    const headers = { ...AS_PROGRAM, "content-type": FORM };
    const told = await request.post(path, { headers, data: large });
    expect(told.status(), path).toBe(413);
    expect(await told.json()).toMatchObject({ code: "too_large" });
    // Without a length the store has to count.
    const body = Array.from({ length: 70 }, () => Buffer.alloc(1_000, "a"));
    for (const accept of [AS_PROGRAM, { ...AS_FORM, referer: `${STORE}/p/laptop` }]) {
      const chunked = { ...headers, ...accept, "transfer-encoding": "chunked" };
      const counted = await ask(path, { method: "POST", headers: chunked, body });
      expect(counted.status, path).toBe(413);
      expect(counted.headers["location"], path).toBeUndefined();
      expect(JSON.parse(counted.body.toString()), path).toMatchObject({ code: "too_large" });
    }
  }
});

test("an address that is too long is refused", async ({ request }) => {
  for (const path of [`/p/${"a".repeat(9_000)}`, `/c/${"a/".repeat(4_000)}`, `/cart?sku=${"a".repeat(9_000)}`]) {
    expect((await request.get(path)).status(), path.slice(0, 20)).toBeLessThan(500);
  }
});
