// What axe-core says of a page. The pages' content security policy forbids foreign scripts; what a
// test evaluates is not the page's.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, type Page } from "@playwright/test";
import type { AxeResults, RunOptions } from "axe-core";

const SOURCE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** WCAG 2.2, levels A and AA, and what axe recommends beyond it. */
const RULES: RunOptions = {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  resultTypes: ["violations"],
};

/** The page breaks no rule. */
export async function isAccessible(page: Page, what: string): Promise<void> {
  await page.evaluate(`if (!window.axe) { ${SOURCE} }`);
  const run = (rules: RunOptions) => (window as unknown as { axe: { run(o: RunOptions): Promise<AxeResults> } }).axe.run(rules);
  const { violations, passes } = await page.evaluate(run, RULES);
  const told = violations.map(({ id, help, nodes }) => ({
    rule: `${id}: ${help}`,
    where: nodes.map(({ target, failureSummary }) => `${target.join(" ")} – ${failureSummary ?? ""}`),
  }));
  expect(told, what).toEqual([]);
  expect(passes.length, what).toBeGreaterThan(5);
}
