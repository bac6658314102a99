// The names by which WebAssembly and its JavaScript know what the one asks of the other. wasm-bindgen makes
// them up of words and numbers, such as `__wbg_setItem_cfa3cb31f271776a`, and nobody else reads them: shorter
// ones do, in both files alike.
import { SECTIONS, fileOf, imports, number, sections, withLength } from "./wasm.mjs";

/** Both files with short names. */
export function withShortNames(wasm, script) {
  const short = new Map();
  const shorter = (name) => {
    if (!name.startsWith("__wb")) return name;
    short.set(name, `_${short.size.toString(36)}`);
    return short.get(name);
  };
  const renamed = sections(wasm).map(({ id, content }) => {
    if (id !== SECTIONS.imports) return { id, content };
    const all = imports(content);
    const written = all.flatMap(({ module, name, kind }) => [withLength(Buffer.from(module)), withLength(Buffer.from(shorter(name))), kind]);
    return { id, content: Buffer.concat([number(all.length), ...written]) };
  });
  return { wasm: fileOf(wasm, renamed), script: script.replace(/\b__wb[\w$]+/g, (name) => short.get(name) ?? name) };
}
