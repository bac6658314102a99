// The stream of live news that an open page listens to.
import type { Page } from "@playwright/test";

const STREAM = /\/events\?/;

/** The page hears nothing: for stories about what nobody told it, and where it has to come to rest, which
 * it does not while it listens. */
export async function withoutNews(page: Page): Promise<void> {
  await page.route(STREAM, (route) => route.fulfill({ status: 204 }));
}

/** How many streams the page has open, by what the browser asks for and what ends. */
export function streamsOf(page: Page): () => number {
  let open = 0;
  page.on("request", (request) => (open += STREAM.test(request.url()) ? 1 : 0));
  for (const end of ["requestfinished", "requestfailed"] as const) {
    page.on(end as "requestfailed", (request) => (open -= STREAM.test(request.url()) ? 1 : 0));
  }
  return () => open;
}
