import type { Page } from '@playwright/test'

/** Everything that the page's origin keeps, as text; object stores by `database/store`. */
export type Kept = {
  readonly databases: Readonly<Record<string, readonly { readonly key: unknown; readonly value: unknown }[]>>
  readonly session: Readonly<Record<string, string>>
  readonly local: Readonly<Record<string, string>>
}

/** Reads all storage of the page's origin through the browser's own interfaces. */
export async function readStores(page: Page): Promise<Kept> {
  return page.evaluate(async () => {
    const wait = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((settle, fail) => {
        request.onsuccess = () => settle(request.result)
        request.onerror = () => fail(request.error)
      })
    const databases: Record<string, { key: unknown; value: unknown }[]> = {}
    for (const { name } of await indexedDB.databases()) {
      if (name === undefined) continue
      const db = await wait(indexedDB.open(name))
      for (const storeName of db.objectStoreNames) {
        const store = db.transaction(storeName).objectStore(storeName)
        const [keys, values] = await Promise.all([wait(store.getAllKeys()), wait(store.getAll())])
        databases[`${name.replace(/\|.*/, '').replace(/:http.*/, '')}/${storeName}`] = keys.map((key, i) => ({
          key: String(key),
          value: JSON.stringify(values[i]),
        }))
      }
      db.close()
    }
    return { databases, session: { ...sessionStorage }, local: { ...localStorage } }
  })
}
