import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { RecError } from '#contract/errors'
import { DEFAULTS } from '../config/defaults.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import { DEFAULT_RULES } from '../release/release-manifest.ts'
import { resolveSettings } from './settings.ts'

test('exploration of the config becomes a rule of the release; by default there is none', async () => {
  expect(resolveSettings(DEFAULTS).assemble.rules).toEqual(DEFAULT_RULES)
  const config = await resolveConfig(undefined, { exploration: { share: 0.1, method: 'thompson' } })
  expect(resolveSettings(config).assemble.rules).toEqual({ ...DEFAULT_RULES, exploration: 0.1, explorer: 'thompson' })
})

test('the blocks of docs/evaluation.md are configurations', async () => {
  const page = await readFile(new URL('../../docs/evaluation.md', import.meta.url), 'utf8')
  const blocks = Array.from(page.matchAll(/```toml\n([\s\S]*?)```/g), ([, toml]) => toml)
  const dir = await mkdtemp(join(tmpdir(), 'pocketshelf-settings-'))
  await writeFile(join(dir, 'pocketshelf.toml'), blocks.join('\n'))
  const config = await resolveConfig(join(dir, 'pocketshelf.toml'))
  await rm(dir, { recursive: true })
  expect(config.exploration).toEqual({ share: 0.05, method: 'thompson' })
  expect(config.ranker.objectives).toEqual({ click: 0.2, conversion: 1, value: 0.5 })
})

test('more than half of the places are never given away', async () => {
  const code = await resolveConfig(undefined, { exploration: { share: 0.6 } }).catch((error: RecError) => error.code)
  expect(code).toBe('config-invalid')
})
