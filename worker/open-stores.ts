import { toRecError } from '#contract/errors'
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

/** Opens what the visitor allows; a browser that refuses costs persistence only. */
export async function openStores(
  deps: EngineDeps,
  wanted: StorageMode,
  { name, problems }: { readonly name: string; readonly problems: Problems },
): Promise<Opened> {
  const stores = deps.openStores(name, wanted)
  if (wanted === 'memory') return { stores, storage: wanted, sizes: [] }
  try {
    const [sizes] = await Promise.all([stores.shards.sizes(), stores.profile.read('settings')])
    return { stores, storage: wanted, sizes }
  } catch (thrown) {
    problems.report('storage', toRecError(thrown, 'storage-refused'))
    return { stores: deps.openStores(name, 'memory'), storage: 'memory', sizes: [] }
  }
}
