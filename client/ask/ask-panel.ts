import { make } from '../dom.ts'
import type { Recommender } from '../recommender.ts'
import css from './ask.css?inline'

/**
 * The texts of the question whether this browser may keep anything; replaced one by one under `ask` of the page's words.
 * @public
 */
export type AskWords = { readonly title: string; readonly text: string; readonly yes: string; readonly no: string }

const ENGLISH: AskWords = {
  title: 'Remember your taste in this browser?',
  text: 'What you look at and like here would stay on this device, so that your lists fit next time and work without a network. Nothing is sent by this.',
  yes: 'Yes, keep it here',
  no: 'No, do not keep it',
}

/**
 * Asks once, at the foot of the page and without taking the focus: two buttons of equal weight, or Escape, after which the next page asks
 * again. Everything goes on working meanwhile.
 */
export function askToKeep(recommender: Recommender, given: Partial<AskWords>): void {
  const words = { ...ENGLISH, ...given }
  const host = make('div')
  const answer = (label: string, choice: 'persistent' | 'memory') => {
    const button = make('button', { part: 'ask-button', type: 'button' }, label)
    button.addEventListener('click', () => {
      host.remove()
      void recommender.storage.choose(choice)
    })
    return button
  }
  const title = make('h2', { id: 'title' })
  const text = make('p')
  const section = make(
    'section',
    { part: 'ask', 'aria-labelledby': 'title' },
    make('div', { role: 'status' }, title, text),
    make('div', { class: 'answers' }, answer(words.yes, 'persistent'), answer(words.no, 'memory')),
  )
  host.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') host.remove()
  })
  const root = host.attachShadow({ mode: 'open' })
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(css)
  root.adoptedStyleSheets = [sheet]
  root.append(section)
  document.body.append(host)
  // A region that comes with its text is not read out; one that changes is.
  requestAnimationFrame(() => {
    title.textContent = words.title
    text.textContent = words.text
  })
}
