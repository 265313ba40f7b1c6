import { SCENES, type Scene } from '#contract/events'
import { make } from '../dom.ts'
import { problemOf } from '../fix-it.ts'
import type { Recommender } from '../recommender.ts'
import { deviceView, privacyView } from './device-view.ts'
import { explanationView } from './explanation-view.ts'
import css from './inspector.css?inline'
import { featuresView, listView, stagesView } from './list-view.ts'

const NOTICES = ['ready', 'profile-changed', 'release-changed', 'engines-ready', 'error'] as const

/** A panel over the page that lays one scene's list open; it reads, and changes nothing. */
export class InspectorPanel {
  readonly #recommender: Recommender
  readonly #host = make('div', { popover: 'manual' })
  readonly #body = make('div', { class: 'body', tabindex: 0, role: 'region', 'aria-label': 'What is behind the list' })
  readonly #scene = make('select', { 'aria-label': 'Scene' }, ...SCENES.map((name) => make('option', {}, name)))
  readonly #item = make('input', { type: 'search', placeholder: 'Why not item …', 'aria-label': 'Item id to explain' })
  readonly #told = make('div', { 'aria-live': 'polite' })
  #ends: readonly (() => void)[] = []
  #isOpen = false

  constructor(recommender: Recommender) {
    this.#recommender = recommender
    const close = make('button', { type: 'button', 'aria-label': 'Close the inspector' }, '×')
    close.addEventListener('click', () => this.toggle())
    this.#scene.addEventListener('change', () => void this.#draw())
    const form = make('form', {}, this.#item, make('button', {}, 'Explain'))
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      void this.#explain()
    })
    const bar = make('header', {}, make('strong', {}, 'Pocketshelf'), this.#scene, form, close)
    const root = this.#host.attachShadow({ mode: 'open' })
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(css)
    root.adoptedStyleSheets = [sheet]
    root.append(make('section', { role: 'dialog', 'aria-label': 'Pocketshelf inspector' }, bar, this.#told, this.#body))
    this.#host.addEventListener('keydown', ({ key }) => {
      if (key === 'Escape') this.toggle()
    })
  }

  toggle(): void {
    this.#isOpen = !this.#isOpen
    for (const end of this.#ends) end()
    this.#ends = []
    if (!this.#isOpen) {
      this.#host.remove()
      return
    }
    document.body.append(this.#host)
    if ('showPopover' in this.#host) this.#host.showPopover()
    this.#ends = NOTICES.map((type) => this.#recommender.on(type, () => void this.#draw()))
    this.#scene.focus()
    void this.#draw()
  }

  async #draw(): Promise<void> {
    try {
      const found = await this.#recommender.inspect(this.#scene.value as Scene) // an option of ours
      const reports = await this.#recommender.feedback.status()
      const open = [...this.#body.querySelectorAll('details')].map((part) => part.open)
      const explain = (id: string) => {
        this.#item.value = id
        void this.#explain()
      }
      const list = found.list
        ? [stagesView(found.list), listView(found.list, explain), featuresView(found.list)]
        : [make('p', {}, 'No list of this scene was asked for in this page yet.')]
      this.#body.replaceChildren(...list, deviceView(found), privacyView(found, reports))
      for (const [i, part] of [...this.#body.querySelectorAll('details')].entries()) part.open = open[i] ?? part.open
    } catch (thrown) {
      const { code, message } = problemOf(thrown)
      this.#body.replaceChildren(make('p', { role: 'alert' }, `${code}: ${message}`))
    }
  }

  async #explain(): Promise<void> {
    const id = this.#item.value.trim()
    if (!id) return
    try {
      const scene = this.#scene.value as Scene // an option of ours
      const { list } = await this.#recommender.inspect(scene)
      const count = Math.max(1, list?.reply.items.length ?? 8)
      this.#told.replaceChildren(explanationView(await this.#recommender.explain(id, { scene, count })))
    } catch (thrown) {
      this.#told.replaceChildren(make('p', { role: 'alert' }, problemOf(thrown).message))
    }
  }
}
