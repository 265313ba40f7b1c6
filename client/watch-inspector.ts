import type { OpenInspector } from './inspector/inspector-script.ts'
import { loadPart, type Part } from './load-part.ts'
import { whenIdle } from './page-signs.ts'
import type { Recommender } from './recommender.ts'

/** In an address it opens the inspector, as Alt+Shift+P does. */
const FLAG = 'pocketshelf-inspector'

/** Waits for a developer who wants to look inside; nothing is loaded before. Where the script cannot be had nothing happens, and the next try asks again. */
export function watchForInspector(recommender: Recommender, part: Part): void {
  let open: Promise<OpenInspector> | null = null
  const show = () => {
    open ??= loadPart<OpenInspector>(part, 'openInspector')
    open.then(
      (run) => run(recommender),
      () => {
        open = null
      },
    )
  }
  addEventListener('keydown', ({ altKey, shiftKey, code }) => {
    if (altKey && shiftKey && code === 'KeyP') show()
  })
  if (new URLSearchParams(location.search).has(FLAG)) void whenIdle().then(show)
}
