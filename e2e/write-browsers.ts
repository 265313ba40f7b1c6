/** Writes docs/browsers.md: which promise of the README is tested in which browser, and why the others cannot. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PROMISES } from './promises/promises.ts'
import { ROOT } from './support/command-line.ts'
import { BROWSERS } from './support/visitor.ts'

const HEAD = `# Promises and browsers

<!-- Written by e2e/write-browsers.ts; run \`node tools/generate.ts\` after a change. -->

Each promise of the README is a test with that sentence as its title. The browsers are those of the Debian packages \`chromium\`, \`firefox-esr\` and
\`webkit2gtk-driver\`, which \`npm test\` installs; Playwright drives the first two, WebDriver the third, all in Playwright's runner.
One of them by itself: \`npx playwright test promises measured --project firefox\`, or \`npx playwright test webkit --project webkit\`.
A test that fails leaves a trace in \`test-results/\` (in WebKit a picture of the window and the page's HTML).

Each browser also compares a shelf with pictures of it in \`e2e/screenshots/\`: in light, in dark and from right to left. Letters are drawn as boxes in them, so that
fonts do not matter; after a wanted change \`npx playwright test looks webkit -g "looks as it did" --update-snapshots\` makes them anew.

| promise | Chromium | Firefox | WebKit |
|---|---|---|---|`

const reasons = [...new Set(PROMISES.flatMap(({ except }) => Object.values(except ?? {})))]
const rows = PROMISES.map(({ sentence, except }) => {
  const cells = BROWSERS.map((browser) => {
    const reason = except?.[browser]
    return reason === undefined ? 'tested' : `no (${reasons.indexOf(reason) + 1})`
  })
  return `| ${sentence.replaceAll('|', '\\|')} | ${cells.join(' | ')} |`
})
const notes = reasons.map((reason, i) => `${i + 1}. Not in this browser: ${reason}.`)
writeFileSync(join(ROOT, 'docs', 'browsers.md'), `${[HEAD, ...rows].join('\n')}\n\n${notes.join('\n')}\n`)
