import type { EngineStatus } from '#contract/rpc'

/** A history of so many items is one that its visitor uses. */
const ENGAGED_ITEMS = 5

/**
 * Asks the browser not to evict what the device remembers, at most once a page: where lasting storage is in force, the history is in use
 * and the browser has not agreed before. Some browsers decide by themselves, Firefox asks the visitor.
 * @returns What to call after each event that was kept.
 */
export function createPersistence(
  status: () => Promise<Pick<EngineStatus, 'storage' | 'historyItems'>>,
  manager: Pick<StorageManager, 'persist' | 'persisted'> | undefined,
): () => Promise<void> {
  let isDone = manager === undefined
  return async () => {
    if (isDone) return
    const { storage, historyItems } = await status()
    if (isDone || storage !== 'persistent' || historyItems < ENGAGED_ITEMS) return
    isDone = true
    if (!(await manager?.persisted())) await manager?.persist()
  }
}
