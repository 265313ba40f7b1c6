import type { Page } from '@playwright/test'
import type { RecommendReply, TrackInput } from 'pocketshelf'
import { expect, test } from './support/fixtures.ts'
import type { OpenSite } from './support/open-site.ts'
import { openHtml } from './support/site-page.ts'

type Drop = { readonly pocketshelf: typeof window.recommender }

declare global {
  interface Window {
    /** Ids of the latest list, best first. */
    shownOrder: readonly string[]
  }
}

/** Opens a page with the drop-in and this markup before it; items are named A, B, C … in it. */
async function openMarked(page: Page, site: OpenSite, markup: string, attributes = ''): Promise<readonly string[]> {
  const data = `data-site="demo" data-keys="${site.prepared.publicKey}" data-storage="memory" ${attributes}`
  const ids = await someIds(site)
  const named = markup.replaceAll(/\{([A-Z])\}/g, (_all, name: string) => ids[name.charCodeAt(0) - 65] ?? '')
  const stay = `<script>
    addEventListener('click', (event) => { if (event.target.closest('a')) event.preventDefault() })
    addEventListener('submit', (event) => event.preventDefault())
  </script>`
  await openHtml(page, site, `${named}${stay}<script async src="/pocketshelf.js" ${data}></script>`)
  return ids
}

/** Ids of the shop's catalogue. */
async function someIds({ url }: OpenSite): Promise<readonly string[]> {
  const answer = await fetch(`${url}/v1/sites/demo/fallback/popular?limit=6`)
  const { items }: { items: { id: string }[] } = await answer.json()
  return items.map(({ id }) => id)
}

type Noted = Pick<TrackInput, 'type' | 'item' | 'value' | 'context' | 'list' | 'scene' | 'position'>

/** What the device noted, impressions included, oldest first. */
async function events(page: Page): Promise<readonly Noted[]> {
  return JSON.parse(await page.evaluate(() => (window as object as Drop).pocketshelf.profile.export())).events
}

async function noted(page: Page): Promise<readonly string[]> {
  const words = ({ type, item, value }: Noted) => [type, item, value].filter((part) => part !== undefined).join(' ')
  return (await events(page)).map(words)
}

const LIST = `<script type="application/ld+json">{ "@type": "ItemList", "itemListElement": [
  { "@type": "ListItem", "position": 1, "item": { "@type": "Product", "sku": "{A}", "url": "/p/a" } },
  { "@type": "ListItem", "position": 2, "item": { "@type": "Product", "sku": "{B}", "url": "/p/b" } }
] }</script><a href="/p/a#reviews">First</a> <a href="/p/b">Second</a> <a href="/p/c">Other</a>`

test('a page with marked elements and an item list notes what was seen and clicked, each once', async ({
  page,
  small,
}) => {
  const marked = '<article data-item-id="{C}"><a href="/p/c2">Third</a></article><div style="height: 300vh"></div>'
  const [a, b, c, d] = await openMarked(page, small, `${LIST}${marked}<b data-item-id="{D}">Far below</b>`)
  await expect.poll(() => noted(page)).toHaveLength(3)
  expect((await noted(page)).toSorted()).toEqual([a, b, c].map((id) => `impression ${id}`).toSorted())
  for (const name of ['First', 'Third', 'Other']) await page.getByRole('link', { name }).click()
  await expect.poll(async () => (await noted(page)).slice(3)).toEqual([`click ${a}`, `click ${c}`])
  await page.getByText('Far below').scrollIntoViewIfNeeded()
  await expect.poll(async () => (await noted(page)).slice(5)).toEqual([`impression ${d}`])
})

test('on the page of an item what is seen, clicked and bought of others carries that item, and its own does not', async ({
  page,
  small,
}) => {
  const markup = `<meta name="pocketshelf:item" content="{D}"><button data-item-id="{C}">Third</button>
    <form data-item-id="{D}"><button>Add</button></form>${LIST}`
  const [a, b, c, d] = await openMarked(page, small, markup)
  await expect.poll(() => noted(page)).toHaveLength(4)
  const seen = (await events(page)).map(({ type, item, context }) => ({ type, item, context }))
  const impressions = [a, b, c].map((item) => ({ type: 'impression', item, context: d }))
  expect(new Set(seen)).toEqual(new Set([{ type: 'view', item: d, context: undefined }, ...impressions]))
  await page.getByRole('link', { name: 'First' }).click()
  await page.getByRole('button', { name: 'Third' }).click()
  await page.getByRole('button', { name: 'Add' }).click()
  await expect.poll(() => noted(page)).toHaveLength(7)
  const contexts = (await events(page)).slice(4).map(({ type, item, context }) => [type, item, context])
  expect(contexts).toEqual([
    ['click', a, d],
    ['click', c, d],
    ['cart', d, undefined],
  ])
})

test('rows that a shelf put in order are noted with their places in its list', async ({ page, small }) => {
  const rows = ['A', 'B', 'C'].map((name) => `<li><a href="/p" data-item-id="{${name}}">${name}</a></li>`)
  const markup = `<pocket-shelf scene="rerank"><ul>${rows.join('')}</ul></pocket-shelf><b data-item-id="{D}">Outside</b>`
  const shown = () => page.evaluate(() => window.shownOrder)
  await page.addInitScript(() => {
    document.addEventListener('rec-list', (event) => {
      const { detail }: CustomEventInit<RecommendReply> = event
      window.shownOrder = detail?.items.map(({ id }) => id) ?? []
    })
  })
  await openMarked(page, small, markup)
  await expect.poll(shown).toHaveLength(3)
  await expect.poll(() => noted(page)).toHaveLength(4)
  const [, second] = await shown()
  await page.getByRole('link').nth(1).click()
  await page.getByText('Outside').click()
  await expect.poll(() => noted(page)).toHaveLength(6)
  const [inside, outside] = (await events(page)).slice(4)
  expect(inside).toMatchObject({ type: 'click', item: second, scene: 'rerank', position: 1 })
  expect(inside?.list).toMatch(/./)
  expect(outside).not.toHaveProperty('scene')
})

test('elements that a page adds later are seen as well, and an address that changes is another page', async ({
  page,
  small,
}) => {
  const [a, b] = await openMarked(page, small, '<p>List</p><meta name="pocketshelf:item" content="{A}">')
  await expect.poll(() => noted(page)).toEqual([`view ${a}`])
  await page.evaluate((id) => {
    history.pushState(null, '', '?next')
    document.querySelector('meta[name="pocketshelf:item"]')?.setAttribute('content', id ?? '')
    document.body.append(Object.assign(document.createElement('p'), { innerHTML: `<b data-item-id="${id}">New</b>` }))
  }, b)
  await expect.poll(() => noted(page)).toEqual([`view ${a}`, `view ${b}`, `impression ${b}`])
})

test('carts and purchases are read from markup: buttons, forms that are sent, and orders that a page confirms', async ({
  page,
  small,
}) => {
  const markup = `
    <button data-item-id="{A}" data-item-event="cart" data-item-value="12.5" data-item-currency="EUR">Put in cart</button>
    <form data-item-id="{B}"><input aria-label="How many"><button>Add</button></form>
    <form data-item-event="purchase"><i data-item-id="{C}" data-item-value="3"></i><i data-item-id="{D}"></i><button>Buy</button></form>
    <ul data-item-order="A-17"><li data-item-id="{E}" data-item-value="7">Ordered</li></ul>`
  const [a, b, c, d, e] = await openMarked(page, small, markup)
  const events = async () => (await noted(page)).filter((text) => !text.startsWith('impression'))
  await expect.poll(events).toEqual([`purchase ${e} 7`])
  await page.getByRole('button', { name: 'Put in cart' }).click()
  await page.getByLabel('How many').click()
  await page.getByLabel('How many').press('Enter')
  await page.getByRole('button', { name: 'Buy' }).click()
  const wanted = [`purchase ${e} 7`, `cart ${a} 12.5`, `cart ${b}`, `purchase ${c} 3`, `purchase ${d}`]
  await expect.poll(events).toEqual(wanted)
  await page.reload()
  await page.getByRole('button', { name: 'Put in cart' }).click()
  await expect.poll(events).toEqual([`cart ${a} 12.5`])
})

test('with data-track="manual" only what the page says is noted', async ({ page, small }) => {
  const files: string[] = []
  page.on('request', (request) => files.push(new URL(request.url()).pathname))
  const marked = '<button data-item-id="{C}">Third</button><meta name="pocketshelf:item" content="{D}">'
  const [, b] = await openMarked(page, small, LIST + marked, 'data-track="manual"')
  await page.getByRole('link', { name: 'First' }).click()
  await page.getByRole('button', { name: 'Third' }).click()
  await page.evaluate((item) => {
    const { pocketshelf } = window as object as Drop
    return pocketshelf.track({ type: 'favorite', item: item ?? '' })
  }, b)
  expect(await noted(page)).toEqual([`favorite ${b}`])
  expect(files).not.toContain('/pocketshelf-watch.js')
})
