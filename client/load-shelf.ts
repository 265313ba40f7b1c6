import { BUILT_FILES } from '#contract/rpc'
import type { ShelfMaker } from './element.ts'
import type { TrustScript } from './trust.ts'

/**
 * Loads `pocketshelf-shelf.js` beside the drop-in, with its nonce and integrity.
 * @throws Event of the script element when it cannot be loaded.
 */
export function loadShelf(dropIn: HTMLScriptElement, integrity: string, trust: TrustScript): Promise<ShelfMaker> {
  const script: HTMLScriptElement & { makeShelf?: ShelfMaker } = document.createElement('script')
  script.async = true
  script.crossOrigin = 'anonymous'
  script.referrerPolicy = 'no-referrer'
  if (integrity) script.integrity = integrity
  if (dropIn.nonce) script.nonce = dropIn.nonce
  script.src = trust(new URL(BUILT_FILES.shelf, dropIn.src).href)
  return new Promise((resolve, reject) => {
    script.addEventListener('error', reject)
    script.addEventListener('load', (event) => {
      script.remove()
      if (script.makeShelf) resolve(script.makeShelf)
      else reject(event)
    })
    document.head.append(script)
  })
}
