import { RecError, toRecError } from '#contract/errors'
import type { StorageMode } from '#contract/rpc'
import type { EngineDeps, Stores } from './deps.ts'
import type { Problems } from './problems.ts'
import type { StoredSize } from './store/ports.ts'

export type Opened = {
  readonly stores: Stores
  readonly storage: StorageMode
  /** What the shard store holds. */
  readonly sizes: readonly StoredSize[]
}

/** A store that says nothing for this long never will: in WebKit one hangs where a worker died in the middle of a write. */
const READ_DEADLINE_MS = 5_000

/** Opens what the visitor allows; a browser that refuses, or does not answer, costs persistence only. */
export async function openStores(
  deps: EngineDeps,
  wanted: StorageMode,
  { name, problems }: { readonly name: string; readonly problems: Problems },
): Promise<Opened> {
  const stores = deps.openStores(name, wanted)
  if (wanted === 'memory') return { stores, storage: wanted, sizes: [] }
  try {
    const [sizes] = await inTime(deps, Promise.all([stores.shards.sizes(), stores.profile.read('settings')]))
    return { stores, storage: wanted, sizes }
  } catch (thrown) {
    problems.report('storage', toRecError(thrown, 'storage-refused'))
    return { stores: deps.openStores(name, 'memory'), storage: 'memory', sizes: [] }
  }
}

async function inTime<T>(deps: EngineDeps, reading: Promise<T>): Promise<T> {
  let cancel = (): void => undefined
  const late = new Promise<never>((_, reject) => {
    const refuse = () => reject(new RecError('storage-refused', 'the browser did not read its storage in time'))
    cancel = deps.after(READ_DEADLINE_MS, refuse)
  })
  return Promise.race([reading, late]).finally(cancel)
}
