import { describe, expect, test } from 'vitest'
import type { ProfileExport } from '#contract/rpc'
import { readProfile, writeProfile } from './profile-text.ts'

const PROFILE: ProfileExport = {
  v: 1,
  site: 'shop',
  exportedAt: 5,
  events: Array.from(
    { length: 60 },
    (_, i) => ({ v: 1, type: 'click', item: `item-${i % 40}`, at: i, list: 'x' }) as const,
  ),
  preferences: { surprise: 0.7, muted: ['Tea'] },
}

describe('a profile as text', () => {
  test('comes back as it was', async () => {
    expect(await readProfile(await writeProfile(PROFILE, {}), {})).toEqual(PROFILE)
  })

  test('comes back with its passphrase, however that was typed, and says nothing without it', async () => {
    const text = await writeProfile(PROFILE, { passphrase: 'caf\u00e9' })
    expect(text).toMatch(/^pocketshelf1[.][\w-]+$/)
    expect(await readProfile(text, { passphrase: 'cafe\u0301' })).toEqual(PROFILE)
    for (const passphrase of ['cafe', ''])
      await expect(readProfile(text, { passphrase })).rejects.toMatchObject({ code: 'bad-request' })
  })

  test('is sealed differently each time', async () => {
    const [first, second] = [
      await writeProfile(PROFILE, { passphrase: 'a' }),
      await writeProfile(PROFILE, { passphrase: 'a' }),
    ]
    expect(first).not.toBe(second)
  })

  test('refuses a text that was changed by one letter', async () => {
    const text = await writeProfile(PROFILE, { passphrase: 'a' })
    const changed = text.slice(0, 60) + (text[60] === 'A' ? 'B' : 'A') + text.slice(61)
    await expect(readProfile(changed, { passphrase: 'a' })).rejects.toMatchObject({ code: 'bad-request' })
  })

  test('keeps the latest event of the latest items where it must be short, and then fits into a QR code', async () => {
    const short = await readProfile(await writeProfile(PROFILE, { items: 30 }), {})
    expect(short.events).toHaveLength(30)
    expect(short.events.at(-1)).toEqual({ v: 1, type: 'click', item: 'item-19', at: 59 })
    expect(short.preferences).toEqual(PROFILE.preferences)
    expect((await writeProfile(PROFILE, { items: 30, passphrase: 'a' })).length).toBeLessThan(1_800)
  })

  test.each(['', '{', 'pocketshelf1.', 'pocketshelf1.%%%'])('refuses %j with bad-request', async (text) => {
    await expect(readProfile(text, { passphrase: 'a' })).rejects.toMatchObject({ code: 'bad-request' })
  })
})
