import type { BrowserContext, Page } from '@playwright/test'

/** Puts lines before the worker's script, which runs from a blob that an init script cannot reach otherwise. */
export function inWorker(target: Page | BrowserContext, lines: string): Promise<unknown> {
  return target.addInitScript((text) => {
    const Real = window.Blob
    window.Blob = class extends Real {
      constructor(parts: BlobPart[] = [], options?: BlobPropertyBag) {
        super(options?.type === 'text/javascript' ? [text, ...parts] : parts, options)
      }
    }
  }, lines)
}
