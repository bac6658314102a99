// Where the store is, and its own command line, by which a story changes the world outside the
// browser. scripts/e2e.sh sets the environment.
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What the environment says under `name`; a story cannot be told without it. */
export function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the stories by scripts/e2e.sh`);
  return value;
}

/** `vitrine import KIND FILE`, with `lines` in the file. */
export async function importFile(kind: "jsonl" | "stock", lines: string[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "vitrine-e2e-"));
  try {
    const file = join(folder, `import.${kind}`);
    await writeFile(file, `${lines.join("\n")}\n`);
    // Relative paths in the settings are relative to the checkout.
    await run(setting("VITRINE_BIN"), ["import", kind, file], { cwd: resolve("..") });
  } finally {
    await rm(folder, { recursive: true });
  }
}
