// What a WebAssembly file with the names of its functions in it is made of: how many bytes each crate has,
// and the largest functions. A function counts for the crate that its name begins with: a closure in a
// library's function is the library's, though the program wrote it.
//   node bytes.mjs FILE COUNT
import { readFileSync } from "node:fs";
import { Reader, SECTIONS, imports, sections } from "./wasm.mjs";

const [file, count] = process.argv.slice(2);
const KINDS = ["", "types", "imports", "functions", "table", "memory", "globals", "exports", "start", "elements", "code", "constants", "count"];
const NAMES_OF_FUNCTIONS = 1;

const all = sections(readFileSync(file));
const one = (id) => all.find((section) => section.id === id)?.content ?? Buffer.from([0]);

/** The names of functions by number. */
function names() {
  for (const { id, content } of all) {
    const reader = new Reader(content);
    if (id !== SECTIONS.custom || String(reader.withLength()) !== "name") continue;
    while (!reader.isAtEnd) {
      const kind = reader.byte();
      const part = new Reader(reader.withLength());
      if (kind === NAMES_OF_FUNCTIONS) return new Map(part.list(() => [part.number(), String(part.withLength())]));
    }
  }
  throw new Error(`${file} holds no names`);
}

/** `<app::cart::Cart as core::clone::Clone>::clone` is `app`'s. */
function crateOf(name) {
  const path = name.replace(/^[<&*[( ]+(mut |dyn )?/, "").match(/^[a-z_]\w*(?=(\[\w+\])?::)/i)?.[0];
  if (path && !/^[A-Z]$/.test(path)) return path;
  return name.includes("::") ? "(generic)" : "(glue, runtime)";
}

const named = names();
const first = imports(one(SECTIONS.imports)).filter(({ kind }) => kind[0] === 0).length;
const code = new Reader(one(SECTIONS.code));
const functions = code.list(() => code.withLength().length).map((size, index) => ({ size, name: named.get(first + index) ?? "?" }));

const crates = new Map();
for (const { size, name } of functions) crates.set(crateOf(name), (crates.get(crateOf(name)) ?? 0) + size);

const tell = (size, what) => console.log(String(size).padStart(8), what);
for (const { id, content } of all) if (id !== SECTIONS.custom && content.length > 999) tell(content.length, `all ${KINDS[id]}`);
console.log("");
for (const [crate, size] of [...crates].sort((a, b) => b[1] - a[1])) tell(size, crate);
console.log("");
for (const { size, name } of functions.sort((a, b) => b.size - a.size).slice(0, Number(count))) tell(size, name);
