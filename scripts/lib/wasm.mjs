// Reading and writing the binary format of WebAssembly, as far as the scripts beside this one need it
// (https://webassembly.github.io/spec/core/binary/).

export const SECTIONS = { custom: 0, imports: 2, code: 10, data: 11 };

/** A number as WebAssembly writes it (LEB128). */
export function number(value) {
  const bytes = [];
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128);
  return Buffer.from([...bytes, value]);
}

export const withLength = (bytes) => Buffer.concat([number(bytes.length), bytes]);

/** Reads numbers and stretches of bytes, one after the other. */
export class Reader {
  constructor(bytes) {
    Object.assign(this, { bytes, at: 0 });
  }
  get isAtEnd() {
    return this.at >= this.bytes.length;
  }
  byte() {
    return this.bytes[this.at++];
  }
  number() {
    for (let value = 0, shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  }
  take(length) {
    return this.bytes.subarray(this.at, (this.at += length));
  }
  withLength() {
    return this.take(this.number());
  }
  /** What `read` makes of each element of a list. */
  list(read) {
    return Array.from({ length: this.number() }, read);
  }
  limits() {
    if (this.number() & 1) this.number();
    this.number();
  }
  /** What an import is (function, table, memory or global), as it stands there. */
  importKind() {
    const begin = this.at;
    const kind = this.byte();
    if (kind === 0) this.number();
    else if (kind === 1) this.take(1) && this.limits();
    else if (kind === 2) this.limits();
    else if (kind === 3) this.take(2);
    else throw new Error(`an import of the unknown kind ${kind}`);
    return this.bytes.subarray(begin, this.at);
  }
}

/** The sections of a file, in their order. */
export function sections(wasm) {
  const reader = new Reader(wasm.subarray(8));
  const found = [];
  while (!reader.isAtEnd) found.push({ id: reader.byte(), content: reader.withLength() });
  return found;
}

/** A file of these sections. */
export const fileOf = (wasm, sections) =>
  Buffer.concat([wasm.subarray(0, 8), ...sections.flatMap(({ id, content }) => [Buffer.from([id]), withLength(content)])]);

/** The imports: from which module, under which name, and what they are. */
export function imports(content) {
  const reader = new Reader(content);
  return reader.list(() => {
    const [module, name] = [reader.withLength(), reader.withLength()].map(String);
    return { module, name, kind: reader.importKind() };
  });
}
