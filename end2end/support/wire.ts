// Requests as they go over the wire: nothing is decoded, followed or remembered, so that bytes can be
// counted and compared.
import { request } from "node:http";
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import { setting } from "./store";

/** Where the store is, without a slash at the end. */
export const STORE = setting("STORE_URL");

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  /** The body in the encoding it was sent in. */
  body: Buffer;
}

/** What a browser says it takes. */
export const BROTLI = { "accept-encoding": "br" };

/** Asks the store for a path. */
export function ask(
  path: string,
  { method = "GET", headers = {} as OutgoingHttpHeaders, body = [] as (string | Buffer)[] } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, STORE), { method, headers, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }),
      );
      answer.on("error", reject);
    });
    sent.on("error", reject);
    for (const chunk of body) sent.write(chunk);
    sent.end();
  });
}
