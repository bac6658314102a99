// How the shopper's stories run. scripts/test.sh starts a store with its own stack and says in the
// environment where it is; `scripts/e2e.sh` does the same for one story while it is written.
//
//   <story>.spec.ts          runs twice: with JavaScript and with JavaScript off
//   <story>.hydrate.spec.ts  what only exists once the islands have come alive: with JavaScript only
//   <story>.http.spec.ts     what is asked and answered over HTTP, whatever the browser: runs once
import { defineConfig, devices } from "@playwright/test";

const output = process.env.E2E_OUTPUT ?? "../var/e2e/playwright";

export default defineConfig({
  testDir: ".",
  outputDir: `${output}/artifacts`,
  // One store serves both workers: stories in one file keep their order, files may run side by side.
  fullyParallel: false,
  workers: 2,
  // A story that passes at the second try has found a race. It is not hidden.
  retries: 0,
  globalTimeout: 20 * 60_000,
  forbidOnly: !!process.env.CI,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [["list"], ["json", { outputFile: `${output}/report.json` }]],
  use: {
    baseURL: process.env.STORE_URL ?? "http://127.0.0.1:7400",
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
    // While one page moves into the next, neither can be clicked.
    contextOptions: { reducedMotion: "reduce" },
    ...devices["Desktop Chrome"],
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  projects: [
    { name: "js", testMatch: "**/*.spec.ts" },
    {
      name: "nojs",
      testMatch: "**/*.spec.ts",
      testIgnore: ["**/*.hydrate.spec.ts", "**/*.http.spec.ts"],
      use: { javaScriptEnabled: false },
    },
  ],
});
