import type { Recommender } from '../recommender.ts'
import { InspectorPanel } from './panel.ts'

/** Opens the panel, or closes the one that is open. */
export type OpenInspector = (recommender: Recommender) => void

/** `pocketshelf-inspector.js`: handed over by its own script element, like the shelf. */
const script = document.currentScript
if (script) {
  let panel: InspectorPanel | null = null
  const openInspector: OpenInspector = (recommender) => {
    panel ??= new InspectorPanel(recommender)
    panel.toggle()
  }
  Object.assign(script, { openInspector })
}
