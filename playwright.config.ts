import { defineConfig } from '@playwright/test'

/** Browsers of the distribution; `npm test` installs them. Playwright's own downloads are not used. */
const CHROMIUM = {
  executablePath: '/usr/lib/chromium/chromium',
  // Containers run as root, where the sandbox cannot start.
  chromiumSandbox: process.getuid?.() !== 0,
  // Chromium looks for its maker's servers at every start; these names fail at once instead of timing out.
  args: ['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1'],
}

/** They look at how long the processor works on a task, which a build beside them stretches. */
const MEASURED = /(?:measured|in-page)[.]spec[.]ts$/

export default defineConfig({
  testDir: './e2e',
  outputDir: './test-results',
  snapshotPathTemplate: '{testDir}/screenshots/{projectName}/{arg}{ext}',
  workers: 2,
  fullyParallel: true,
  forbidOnly: process.env.CI !== undefined,
  timeout: 60_000,
  reporter: [['list']],
  expect: { timeout: 10_000 },
  // A trace keeps the document at each step. Pictures of each as well would take a fifth of all the work in Firefox, a tenth in Chromium.
  use: { trace: { mode: 'retain-on-failure', screenshots: false }, screenshot: 'only-on-failure' },
  projects: [
    { name: 'prepare', testMatch: /prepare[.]setup[.]ts$/ },
    {
      name: 'chromium',
      testIgnore: [/(?:webkit|faults-elsewhere)[.]/, MEASURED],
      dependencies: ['prepare'],
      use: { browserName: 'chromium', launchOptions: CHROMIUM },
    },
    {
      name: 'firefox',
      testMatch: /(?:promises|measured|main|accessible|looks|seeds|next-list|faults-elsewhere)[.]spec[.]ts$/,
      dependencies: ['prepare'],
      use: {
        browserName: 'firefox',
        channel: 'moz-firefox',
        launchOptions: { executablePath: '/usr/bin/firefox-esr' },
      },
    },
    // Driven by WebDriver: the tests bring their own browser, Playwright's runner starts none.
    { name: 'webkit', testMatch: /webkit[.]spec[.]ts$/, dependencies: ['prepare'] },
    {
      name: 'chromium-alone',
      testMatch: MEASURED,
      dependencies: ['chromium', 'firefox', 'webkit'],
      workers: 1,
      use: { browserName: 'chromium', launchOptions: CHROMIUM },
    },
  ],
})
