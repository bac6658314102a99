// Lighthouse on a phone (its mobile preset) over the pages most people come in by: the scores of each,
// and a failure where one is below what is promised. Each page is visited several times and the median
// counts, because times depend on what else the machine does; everything but times is the same each
// time. scripts/lighthouse.sh starts the store for it.
//   node score.mjs [VISITS]
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as chromeLauncher from "chrome-launcher";
import lighthouse from "lighthouse";

const PAGES = { home: "/", category: "/c/electronics", product: "/p/laptop" };
const VISITS = Number(process.argv[2] ?? 3);
const OUTPUT = process.env.LIGHTHOUSE_OUTPUT ?? "../../var/lighthouse/reports";

/** What is promised, and how it is read from a report. */
const PROMISED = [
  { name: "performance", least: 99, read: ({ categories }) => score(categories.performance) },
  { name: "accessibility", least: 100, read: ({ categories }) => score(categories.accessibility) },
  { name: "best practices", least: 100, read: ({ categories }) => score(categories["best-practices"]) },
  { name: "SEO", least: 100, read: ({ categories }) => score(categories.seo) },
  { name: "layout shift", most: 0, read: ({ audits }) => audits["cumulative-layout-shift"].numericValue },
  { name: "blocking ms", most: 50, read: ({ audits }) => Math.round(audits["total-blocking-time"].numericValue) },
];

/** What is told beside it: the times that make up the performance, in milliseconds. */
const TOLD = ["first-contentful-paint", "largest-contentful-paint", "speed-index", "interactive"];

const score = ({ score }) => Math.round((score ?? 0) * 100);
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

async function visit(url) {
  const chrome = await chromeLauncher.launch({
    chromePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    chromeFlags: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  });
  try {
    const { lhr } = await lighthouse(url, { port: chrome.port, output: "json", logLevel: "error" });
    if (lhr.runtimeError) throw new Error(`${url}: ${lhr.runtimeError.message}`);
    return lhr;
  } finally {
    chrome.kill();
  }
}

/** Which audits cost a category something. */
const faults = ({ categories, audits }) =>
  Object.values(categories).flatMap(({ id, auditRefs }) =>
    auditRefs
      .filter(({ id, weight }) => weight > 0 && audits[id].score !== null && audits[id].score < 1)
      .map((ref) => `${id}: ${audits[ref.id].title} (${audits[ref.id].displayValue ?? "fails"})`),
  );

await mkdir(OUTPUT, { recursive: true });
let broken = 0;
for (const [name, path] of Object.entries(PAGES)) {
  const reports = [];
  for (let count = 1; count <= VISITS; count += 1) {
    const report = await visit(new URL(path, process.env.STORE_URL).href);
    await writeFile(join(OUTPUT, `${name}-${count}.json`), JSON.stringify(report));
    reports.push(report);
  }
  console.log(`\n${name} (${path}), median of ${VISITS}`);
  for (const { name, read, least = -Infinity, most = Infinity } of PROMISED) {
    const value = median(reports.map(read));
    const kept = value >= least && value <= most;
    broken += kept ? 0 : 1;
    const bound = least > -Infinity ? `at least ${least}` : `at most ${most}`;
    console.log(`  ${name.padEnd(16)} ${String(value).padStart(6)}  ${kept ? "" : `FAILS: ${bound}`}`);
  }
  const times = TOLD.map((id) => `${id} ${Math.round(median(reports.map(({ audits }) => audits[id].numericValue)))}`);
  console.log(`  ${times.join(", ")} ms`);
  for (const fault of new Set(reports.flatMap(faults))) console.log(`    ${fault}`);
}
console.log(broken === 0 ? "\nEvery promise is kept." : `\n${broken} promises are broken; the reports are in ${OUTPUT}`);
process.exitCode = broken === 0 ? 0 : 1;
