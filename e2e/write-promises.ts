/** Writes the promises into the README, between their two marks. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PROMISES } from './promises/promises.ts'
import { ROOT } from './support/command-line.ts'

const BEGIN = '<!-- promises: written by e2e/write-promises.ts -->'
const END = '<!-- /promises -->'

const file = join(ROOT, 'README.md')
const text = readFileSync(file, 'utf8')
const [before, rest = ''] = text.split(BEGIN)
const after = rest.split(END)[1]
if (after === undefined) throw new Error(`README.md has no ${BEGIN} … ${END}`)
const list = PROMISES.map(({ sentence }) => `- ${sentence}`).join('\n')
writeFileSync(file, `${before}${BEGIN}\n${list}\n${END}${after}`)
