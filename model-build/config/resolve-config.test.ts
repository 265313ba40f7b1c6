import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { closestName } from './closest-name.ts'
import { DEFAULTS } from './defaults.ts'
import { resolveConfig } from './resolve-config.ts'
import { configSchema } from './schema.ts'

let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pocketshelf-config-'))
})
afterAll(() => rm(dir, { recursive: true }))

async function file(text: string): Promise<string> {
  const path = join(dir, `${Math.abs(hash(text))}.toml`)
  await writeFile(path, text)
  return path
}
function hash(text: string): number {
  let h = 7
  for (const char of text) h = (Math.imul(h, 31) + (char.codePointAt(0) ?? 0)) | 0
  return h
}

describe('resolveConfig', () => {
  test('gives the defaults without a file, and they satisfy the schema', async () => {
    expect(await resolveConfig()).toEqual(DEFAULTS)
    expect(configSchema.parse(DEFAULTS)).toEqual(DEFAULTS)
  })

  test('lets the file win over defaults and options over the file', async () => {
    const path = await file('seed = 7\n[embedding]\ndimensions = 32\nsweeps = 3\n[events.weights]\nsubscribe = 8\n')
    const config = await resolveConfig(path, { embedding: { sweeps: 5 } })
    expect(config.seed).toBe(7)
    expect(config.embedding).toEqual({ ...DEFAULTS.embedding, dimensions: 32, sweeps: 5 })
    expect(config.events.weights).toEqual({ ...DEFAULTS.events.weights, subscribe: 8 })
  })

  test('refuses an unknown key and names the nearest one', async () => {
    const path = await file('[embedding]\ndimension = 32\n')
    await expect(resolveConfig(path)).rejects.toMatchObject({
      code: 'config-invalid',
      message: 'unknown setting "embedding.dimension"; did you mean "dimensions"?',
    })
  })

  test('refuses an unknown section without a neighbour by listing what exists', async () => {
    const path = await file('[warehouse]\nx = 1\n')
    await expect(resolveConfig(path)).rejects.toThrow(/known here: .*embedding/)
  })

  test.each([
    ['a value of the wrong type', '[embedding]\ndimensions = "many"\n', /embedding.dimensions/],
    ['a value out of range', '[split]\ntestShare = 1.5\n', /split.testShare/],
    ['a site name that is not safe in a path', '[site]\nname = "../x"\n', /site.name/],
    ['broken TOML', '[split\n', /not valid TOML/],
    ['a number where a section belongs', 'split = 3\n', /split/],
  ])('refuses %s', async (_, text, message) => {
    const path = await file(text)
    await expect(resolveConfig(path)).rejects.toMatchObject({ code: 'config-invalid' })
    await expect(resolveConfig(path)).rejects.toThrow(message)
  })

  test('says when the file is not there', async () => {
    await expect(resolveConfig(join(dir, 'absent.toml'))).rejects.toMatchObject({ code: 'input-missing' })
  })
})

test('closestName accepts near misses only', () => {
  expect(closestName('dimenssion', ['dimensions', 'sweeps'])).toBe('dimensions')
  expect(closestName('zzz', ['dimensions', 'sweeps'])).toBeUndefined()
})
