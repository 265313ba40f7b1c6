/** Runs in a page: deletes every database of ours. */
export async function deleteDatabases(): Promise<void> {
  const deleted = (name: string) =>
    new Promise((done, refused) => {
      const request = indexedDB.deleteDatabase(name)
      request.onsuccess = done
      request.onerror = refused
    })
  for (const { name = '' } of await indexedDB.databases()) if (name.startsWith('pocketshelf:')) await deleted(name)
}

/** Runs in a page: flips a bit in every stored object. @returns How many there are. */
export async function spoilObjects(): Promise<number> {
  const all = await indexedDB.databases()
  const name = all.map((db) => db.name ?? '').find((db) => db.startsWith('pocketshelf:shards:'))
  const db = await new Promise<IDBDatabase>((done) => {
    const request = indexedDB.open(name ?? '')
    request.onsuccess = () => done(request.result)
  })
  const store = db.transaction('objects', 'readwrite').objectStore('objects')
  return new Promise<number>((done) => {
    let count = 0
    store.openCursor().onsuccess = (event) => {
      const cursor = (event.target as IDBRequest<IDBCursorWithValue | null>).result
      if (cursor === null) {
        db.close()
        done(count)
        return
      }
      const { bytes } = cursor.value as { bytes: Uint8Array }
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1
      cursor.update(cursor.value)
      count++
      cursor.continue()
    }
  })
}
