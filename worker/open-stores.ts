import { toRecError } from '#contract/errors'
import type { StorageMode } from '#contract/rpc'
import type { EngineDeps, Stores } from './deps.ts'
import type { Problems } from './problems.ts'

/** Opens what the visitor allows; a browser that refuses costs persistence only. */
export async function openStores(
  deps: EngineDeps,
  wanted: StorageMode,
  { name, problems }: { readonly name: string; readonly problems: Problems },
): Promise<{ stores: Stores; storage: StorageMode }> {
  const stores = deps.openStores(name, wanted)
  if (wanted === 'memory') return { stores, storage: wanted }
  try {
    await Promise.all([stores.shards.sizes(), stores.profile.read('settings')])
    return { stores, storage: wanted }
  } catch (thrown) {
    problems.report('storage', toRecError(thrown, 'storage-refused'))
    return { stores: deps.openStores(name, 'memory'), storage: 'memory' }
  }
}
