// The store's server functions, read from its sources: one that is written tomorrow is tested too.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SOURCES = fileURLToPath(new URL("../../app/src", import.meta.url));

/** The addresses of all that change something. */
export function unsafeFunctions(): string[] {
  return declared().filter(({ safe }) => !safe).map(({ path }) => path);
}

function declared(): { path: string; safe: boolean }[] {
  const files = readdirSync(SOURCES, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".rs"));
  return files.flatMap((file) => {
    const attributes = readFileSync(join(SOURCES, file), "utf8").matchAll(/#\[server\(([^\]]*)\)\]/g);
    return [...attributes].flatMap(([, settings]) => {
      const text = (name: string) => new RegExp(`${name}\\s*=\\s*"([^"]*)"`).exec(settings)?.[1];
      const endpoint = text("endpoint");
      // The attribute of a function, not one of its arguments'.
      return endpoint ? [{ path: `${text("prefix")}/${endpoint}`, safe: settings.includes("GetUrl") }] : [];
    });
  });
}
