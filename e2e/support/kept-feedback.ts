import type { Page } from '@playwright/test'
import { readStores } from './stores.ts'

/** What a page keeps of private feedback beside its events; times in ms. */
export type KeptFeedback = {
  readonly consentAt: number
  readonly dueAt: number
  /** UTC day numbers of what was charged. */
  readonly days: readonly number[]
  readonly outbox: readonly { readonly notBefore: number }[]
}

/** Reads it from the page's own database. */
export async function keptFeedback(page: Page): Promise<KeptFeedback> {
  const { databases } = await readStores(page)
  return JSON.parse(`${databases['pocketshelf:feedback/state']?.[0]?.value}`)
}
