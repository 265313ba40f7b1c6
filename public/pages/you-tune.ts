import { h } from '../shop/dom.ts'
import type { Shop } from '../shop/shop.ts'
import { type Panel, panel } from './you-panel.ts'

/** The visitor's dial and muted departments; every shelf follows at once. */
export function tunePanel({ recommender, say }: Shop): Panel {
  return panel('Tune your shelves', async () => {
    const [{ surprise, muted }, categories] = await Promise.all([
      recommender.profile.preferences(),
      recommender.categories(),
    ])
    const dial = h('input', { type: 'range', id: 'surprise', min: 0, max: 1, step: 0.25, value: surprise })
    dial.addEventListener('change', () => void recommender.profile.edit({ surprise: dial.valueAsNumber }))
    const names = [...new Set([...muted, ...categories.map(({ name }) => name)])]
    const choices = names.map((name) => {
      const box = h('input', { type: 'checkbox', checked: muted.includes(name) })
      box.addEventListener('change', async () => {
        const before = (await recommender.profile.preferences()).muted
        await recommender.profile.edit({
          muted: box.checked ? [...before, name] : before.filter((one) => one !== name),
        })
        say(box.checked ? `No more ${name} on your shelves.` : `${name} is back on your shelves.`)
      })
      return h('label', { class: 'chip' }, box, ` ${name}`)
    })
    return [
      h(
        'p',
        { class: 'dial' },
        h('label', { for: 'surprise' }, 'From familiar to surprising'),
        h('span', { 'aria-hidden': 'true' }, 'familiar'),
        dial,
        h('span', { 'aria-hidden': 'true' }, 'surprising'),
      ),
      h('fieldset', {}, h('legend', {}, 'Leave these departments out'), h('div', { class: 'choices' }, ...choices)),
    ]
  })
}
