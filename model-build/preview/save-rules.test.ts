import { parse } from 'smol-toml'
import { expect, test } from 'vitest'
import { saveRules } from './save-rules.ts'

const RULES = { pins: [{ item: 'tea-1', position: 0 }], boosts: [{ category: 'pots', factor: 2, until: '2026-12-24' }] }
const TEXT = `# My shop
seed = 7

[site] # the name stands in addresses
name = "shop"

# what the season wants
[[rules.pins]]
item = "old"
position = 3

[release]
minSupport = 3 # few visitors yet
`

test('rules are replaced; comments, order and everything else stay', () => {
  const saved = saveRules(TEXT, RULES)
  expect(parse(saved)).toEqual({ seed: 7, site: { name: 'shop' }, release: { minSupport: 3 }, rules: RULES })
  for (const line of [
    '# My shop',
    '[site] # the name stands in addresses',
    '# what the season wants',
    'minSupport = 3 # few visitors yet',
  ])
    expect(saved).toContain(line)
  expect(saved).not.toContain('old')
  expect(saveRules(saved, RULES)).toBe(saved)
})

test('an empty file gets a section, and rules written inline are refused', () => {
  expect(parse(saveRules('', RULES))).toEqual({ rules: RULES })
  expect(() => saveRules('rules = { pins = [] }\n', RULES)).toThrow(expect.objectContaining({ code: 'config-invalid' }))
})
