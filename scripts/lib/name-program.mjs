// Makes the browser's files ready for visitors: gives what they ask of each other short names, names the
// files after what is in them, and prints what the server has to know of that, a line for each kind. All
// files of the program, which name each other, have one hash: that of all of them. A browser that has kept
// one of them for a year never puts it together with another release's.
//   node name-program.mjs FOLDER
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withShortNames } from "./short-names.mjs";

const folder = process.argv[2];
/** What wasm-split writes where a hash belongs, in the text as in WebAssembly: as long as one. */
const BLANK = ".".padEnd(23, "_");

const named = (pattern) => readdirSync(folder).filter((name) => pattern.test(name)).sort();
const read = (name) => readFileSync(join(folder, name));
const hashOf = (names) => {
  const hash = createHash("sha256");
  for (const name of names) hash.update(name).update(read(name));
  return hash.digest().subarray(0, 16).toString("base64url");
};
const withHash = (name, hash) => (name.includes(BLANK) ? name.replace(BLANK, `.${hash}`) : name.replace(/\.\w+$/, `.${hash}$&`));

// Types, and which chunk belongs to what, are for tools that are not used here.
for (const name of named(/\.d\.ts$|\.json$/)) rmSync(join(folder, name));

const [wasm, script] = ["vitrine.wasm", "vitrine.js"];
const short = withShortNames(read(wasm), read(script).toString());
writeFileSync(join(folder, wasm), short.wasm);
writeFileSync(join(folder, script), short.script);

const program = named(/\.(js|wasm)$/);
const hash = hashOf(program);
for (const name of program) {
  let content = read(name).toString("latin1").replaceAll(BLANK, `.${hash}`);
  for (const other of program.filter((other) => !other.includes(BLANK))) {
    content = content.replaceAll(`"./${other}"`, `"./${withHash(other, hash)}"`);
  }
  writeFileSync(join(folder, name), content, "latin1");
  renameSync(join(folder, name), join(folder, withHash(name, hash)));
}

const styles = named(/\.css$/);
const style = hashOf(styles);
for (const name of styles) renameSync(join(folder, name), join(folder, withHash(name, style)));

console.log(`js: ${hash}\nwasm: ${hash}\ncss: ${style}`);
