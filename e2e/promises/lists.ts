import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from '@playwright/test'
import { ROOT } from '../support/command-line.ts'
import { headingText, type Promised, SHELF, scriptTag, shownIds } from './scene.ts'

/** What a page gets for its one line. */
export const LIST_PROMISES: readonly Promised[] = [
  {
    sentence: 'One script tag and one element show a list, on any page of any origin.',
    async keep({ visitor, demo: { site, wire }, host }) {
      const block = /```html\n(?<html>[\s\S]*?)```/.exec(readFileSync(join(ROOT, 'README.md'), 'utf8'))
      const pasted = (block?.groups?.html ?? '')
        .replaceAll('http://localhost:8787', wire.url)
        .replace('PASTE-THE-PUBLIC-KEY', site.prepared.publicKey)
      expect(pasted).toContain(site.prepared.publicKey)
      const page = await host(pasted)
      await visitor.goto(page.url)
      await expect.poll(() => visitor.evaluate(shownIds)).toHaveLength(8)
      expect(await visitor.evaluate(headingText)).toBe('Popular now')
    },
  },
  {
    sentence: 'A click changes the list at once, and the new list says why.',
    async keep({ visitor, small, host }) {
      const page = await host(SHELF + scriptTag(small))
      await visitor.goto(page.url)
      await expect.poll(() => visitor.evaluate(shownIds)).toHaveLength(8)
      const before = await visitor.evaluate(shownIds)
      await visitor.evaluate(() => {
        addEventListener('rec-click', (event) => event.preventDefault())
      })
      await visitor.click(() =>
        document.querySelector('pocket-shelf')?.shadowRoot?.querySelector('li[data-id]:nth-child(2) a.card'),
      )
      await expect.poll(() => visitor.evaluate(headingText)).toBe('For you')
      const after = await visitor.evaluate(shownIds)
      expect(after).not.toEqual(before)
      expect(after).not.toContain(before[1])
      const reasons = await visitor.evaluate(() =>
        [...(document.querySelector('pocket-shelf')?.shadowRoot?.querySelectorAll('.why') ?? [])].map(
          (line) => line.textContent ?? '',
        ),
      )
      expect(reasons.filter((text) => /^(?:Because of|You like) /.test(text)).length).toBeGreaterThan(0)
    },
  },
  {
    sentence: 'Cards can be reached, opened and judged with the keyboard alone.',
    async keep({ visitor, small, host }) {
      const page = await host(`<button id="first">Start</button>${SHELF}${scriptTag(small)}`)
      await visitor.goto(page.url)
      await expect.poll(() => visitor.evaluate(shownIds)).toHaveLength(8)
      const [, second = ''] = await visitor.evaluate(shownIds)
      const focused = () =>
        visitor.evaluate(() => {
          const active = document.querySelector('pocket-shelf')?.shadowRoot?.activeElement
          const item = active?.closest('li')?.getAttribute('data-id')
          return `${active?.getAttribute('role') ?? active?.className ?? ''} ${item ?? ''}`.trim()
        })
      await visitor.evaluate(() => {
        const root = document.querySelector('pocket-shelf')?.shadowRoot
        root?.querySelector<HTMLElement>('li[data-id] .card')?.focus()
      })
      await visitor.press('ArrowRight')
      await expect.poll(focused).toContain(second)
      await visitor.press('Tab')
      expect(await focused()).toBe(`more ${second}`)
      await visitor.press('Enter')
      await expect.poll(focused).toBe('menuitem')
      for (const _step of ['like', 'dislike', 'hide']) await visitor.press('ArrowDown')
      const before = await visitor.evaluate(shownIds)
      const heir = before[before.indexOf(second) + 1] ?? ''
      await visitor.press('Enter')
      await expect.poll(() => visitor.evaluate(shownIds)).not.toContain(second)
      // The next card, or the one at its place where the next list has come without it.
      const focusedIsRight = async () => {
        const shown = await visitor.evaluate(shownIds)
        const id = (await focused()).split(' ').at(-1) ?? ''
        return id === heir || (!shown.includes(heir) && shown.includes(id))
      }
      await expect.poll(focusedIsRight).toBe(true)
    },
  },
  {
    sentence: 'A list that arrives moves nothing else on the page.',
    async keep({ visitor, small, host }) {
      const watch = `<script>
        window.places = new Set()
        window.shifts = 0
        try {
          new PerformanceObserver((list) => { for (const entry of list.getEntries()) shifts += entry.value })
            .observe({ type: 'layout-shift', buffered: true })
        } catch {}
        const look = () => {
          const below = document.querySelector('#below')
          if (below) places.add(Math.round(below.getBoundingClientRect().top))
          requestAnimationFrame(look)
        }
        look()
      </script>`
      const shelf = '<pocket-shelf scene="for-you" count="8"></pocket-shelf>'
      const style = '<style>pocket-shelf { display: block; min-block-size: 26rem }</style>'
      const page = await host(`${style}${watch}${shelf}<p id="below">What follows.</p>${scriptTag(small)}`)
      await visitor.goto(page.url)
      await expect.poll(() => visitor.evaluate(shownIds)).toHaveLength(8)
      const seen = await visitor.evaluate(async () => {
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
        const { places, shifts } = window as object as { places: Set<number>; shifts: number }
        return { places: [...places], shifts }
      })
      expect(seen.shifts).toBe(0)
      expect(seen.places).toHaveLength(1)
    },
  },
]
