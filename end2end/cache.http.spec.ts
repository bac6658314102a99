// Pages that are the same for everyone: rendered once, sent many times, the same to the byte whoever
// asks, and never with anything of a visitor in them.
//
// Other stories put goods on sale meanwhile, which drops pages from the cache. So what is said of two
// requests is tried again until nothing came between them; what is wrong stays wrong.
import { expect, test } from "@playwright/test";
import { BROTLI, STORE, ask, type Answer } from "./support/wire";

const CACHED = [
  "/",
  "/c/electronics",
  "/c/electronics/computers?page=1&sort=price-up",
  "/p/laptop",
  "/credits",
];

/** What differs between any two answers to the same request. */
function lasting({ headers }: Answer): object {
  const { date, age, connection, "keep-alive": _, "x-request-id": __, ...rest } = headers;
  const { "x-cache": ___, "server-timing": ____, ...lasting } = rest;
  return lasting;
}

const source = (answer: Answer) => answer.headers["x-cache"];

/** Tries again while other stories drop pages from the cache. */
const undisturbed = (claim: () => Promise<void>) => expect(claim).toPass({ timeout: 20_000 });

for (const path of CACHED) {
  test(`${path} is rendered once and sent many times`, async () => {
    await undisturbed(async () => {
      await ask(path, { headers: BROTLI });
      for (let again = 0; again < 3; again += 1) {
        const answer = await ask(path, { headers: BROTLI });
        expect(answer.status).toBe(200);
        expect(source(answer)).toMatch(/^hit/);
      }
    });
  });

  test(`${path} is the same to the byte for every visitor`, async () => {
    const mark = path.includes("?") ? "&" : "?";
    const asked = [
      { to: path, headers: { cookie: "session=6wuVmUagQHtbOgltd-zfDdKSGpVZSr9RxZhVL5TbUUk" } },
      { to: path, headers: { cookie: "session=nonsense; theme=dark", "accept-language": "de" } },
      { to: path, headers: { "x-forwarded-host": "evil.example", "x-forwarded-proto": "https" } },
      { to: path, headers: { host: "evil.example", "x-forwarded-for": "203.0.113.7" } },
      { to: path, headers: { "user-agent": "Googlebot/2.1", accept: "*/*", dnt: "1" } },
      { to: `${path}${mark}utm_source=news&fbclid=x%3Cscript%3E&gclid=1`, headers: {} },
    ];
    for (const encoding of ["identity", "br", "gzip", "zstd"]) {
      await undisturbed(async () => {
        const plain = await ask(path, { headers: { "accept-encoding": encoding } });
        for (const { to, headers } of asked) {
          const other = await ask(to, { headers: { "accept-encoding": encoding, ...headers } });
          expect(other.status).toBe(200);
          expect(other.body.equals(plain.body), `${to} ${JSON.stringify(headers)}`).toBe(true);
          expect(lasting(other)).toEqual(lasting(plain));
        }
      });
    }
  });

  test(`${path} gives nobody a cookie and may be asked for again by its tag`, async () => {
    for (const encoding of ["identity", "br", "gzip", "zstd"]) {
      await undisturbed(async () => {
        const first = await ask(path, { headers: { "accept-encoding": encoding } });
        expect(first.headers["set-cookie"]).toBeUndefined();
        expect(first.headers["cache-control"]).toMatch(
          /^public, max-age=0, s-maxage=\d+, stale-while-revalidate=\d+, stale-if-error=\d+$/,
        );
        expect(`${first.headers["surrogate-key"]}`.split(" ")).toContain("all");
        expect(Number(first.headers["age"])).toBeGreaterThanOrEqual(0);
        expect(first.headers["server-timing"]).toBe(`cache;desc=${source(first)}`);
        expect(first.headers["vary"]).toContain("accept-encoding");
        const tag = first.headers["etag"] ?? "";
        expect(tag).toMatch(/^"[^"]{16,}"$/);

        const known = await ask(path, { headers: { "accept-encoding": encoding, "if-none-match": tag } });
        expect(known.status).toBe(304);
        expect(known.body).toHaveLength(0);
        expect(known.headers["etag"]).toBe(tag);
        expect(known.headers["set-cookie"]).toBeUndefined();

        const weak = { "accept-encoding": encoding, "if-none-match": `"other", W/${tag}` };
        expect((await ask(path, { headers: weak })).status).toBe(304);
        const other = { "accept-encoding": encoding, "if-none-match": '"other"' };
        expect((await ask(path, { headers: other })).status).toBe(200);
      });
    }
  });

  test(`${path} asked for by HEAD has the headers of GET and no body`, async () => {
    for (const encoding of ["identity", "br", "gzip", "zstd"]) {
      await undisturbed(async () => {
        const headers = { "accept-encoding": encoding };
        const get = await ask(path, { headers });
        const head = await ask(path, { method: "HEAD", headers });
        expect(head.status).toBe(200);
        expect(head.body).toHaveLength(0);
        expect(lasting(head)).toEqual(lasting(get));
        expect(get.headers["content-length"]).toBe(String(get.body.length));
      });
    }
  });
}

test("each encoding has a tag of its own", async () => {
  await undisturbed(async () => {
    const tags = new Set<string | undefined>();
    for (const encoding of ["br", "zstd", "gzip", undefined]) {
      const answer = await ask("/p/laptop", { headers: { "accept-encoding": encoding ?? "identity" } });
      expect(answer.headers["content-encoding"]).toBe(encoding);
      tags.add(answer.headers["etag"]);
    }
    expect(tags.size).toBe(4);
  });
});

test("what an address says of one visitor's wish is kept for nobody else", async () => {
  const typed = await ask("/p/laptop?quantity=7000&problem=quantity_too_many");
  expect(typed.status).toBe(200);
  expect(typed.headers["cache-control"]).toBe("private, no-store");
  expect(typed.body.toString()).toContain('value="7000"');
  expect((await ask("/p/laptop")).body.toString()).not.toContain('value="7000"');
});

test("pages of one visitor are kept by no cache", async () => {
  for (const path of ["/cart", "/checkout", "/orders/V-0000-0000?key=x", "/api/cart/get"]) {
    const answer = await ask(path);
    expect(answer.headers["cache-control"], path).toMatch(/no-store/);
    expect(answer.headers["etag"], path).toBeUndefined();
    expect(answer.headers["set-cookie"], path).toBeUndefined();
  }
});

test("files with their content in their name are kept for a year, others are not", async () => {
  const html = (await ask("/p/laptop")).body.toString();
  const files = [...html.matchAll(/(?:href|src)="(\/(?:pkg|media|fonts)\/[^"]+)"/g)].map((match) => match[1]);
  expect(files.length).toBeGreaterThan(3);
  for (const file of new Set(files)) {
    const answer = await ask(file);
    expect(answer.status, file).toBe(200);
    expect(answer.headers["cache-control"], file).toBe("public, max-age=31536000, immutable");
  }
  for (const missing of ["/pkg/none.0123456789.js", "/media/000000000000/none-320.webp"]) {
    const answer = await ask(missing);
    expect(answer.status, missing).toBe(404);
    expect(answer.headers["cache-control"] ?? "no-store", missing).not.toContain("immutable");
  }
});

test("every file that the program names is there, and all are of one build", async () => {
  const html = (await ask("/p/laptop")).body.toString();
  const files = [...html.matchAll(/"(\/pkg\/[^"]+\.(?:js|wasm))"/g)].map((match) => match[1]);
  for (const file of files) {
    const answer = await ask(file);
    expect(answer.status, file).toBe(200);
    const named = answer.body.toString("latin1").matchAll(/"\.\/([^"]+\.[\w-]{22}\.(?:js|wasm))"/g);
    if (file.endsWith(".js")) for (const [, name] of named) if (!files.includes(`/pkg/${name}`)) files.push(`/pkg/${name}`);
  }
  expect(files.filter((file) => file.endsWith(".wasm")).length).toBeGreaterThan(3);
  expect(new Set(files.map((file) => file.split(".").at(-2))).size).toBe(1);
});

test("a page says ahead what it needs to be painted", async () => {
  for (const path of ["/", "/p/laptop", "/nothing", "/cart"]) {
    const { headers, body } = await ask(path);
    const html = body.toString();
    const style = html.match(/rel="stylesheet" href="([^"]+)"/)?.[1] ?? html.match(/href="([^"]+)" rel="stylesheet"/)?.[1];
    const font = html.match(/href="(\/fonts\/[^"]+)"/)?.[1];
    expect(headers["link"], path).toBe(
      `<${style}>; rel=preload; as=style, <${font}>; rel=preload; as=font; crossorigin`,
    );
  }
  expect((await ask("/api/cart/get")).headers["link"]).toBeUndefined();
});

test("no forwarded host gets into a page that is not kept", async () => {
  const headers = { "x-forwarded-host": "evil.example", host: "evil.example" };
  for (const path of ["/cart", "/checkout", "/p/laptop?quantity=0&problem=quantity_zero", "/nothing"]) {
    expect((await ask(path, { headers })).body.toString(), path).not.toContain("evil.example");
  }
  expect((await ask("/sitemap.xml", { headers })).body.toString()).toContain(`<loc>${STORE}/</loc>`);
});
