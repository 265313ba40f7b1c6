import type { Locator, Page } from '@playwright/test'
import type { RecommendReply } from 'pocketshelf'

declare global {
  interface Window {
    /** The latest list of each scene, as `rec-list` told it. */
    shownLists: Partial<Record<RecommendReply['scene'], RecommendReply>>
  }
}

/** The demo shop as a visitor sees it, and the lists that its shelves tell the page about. */
export class ShopPage {
  readonly page: Page

  private constructor(page: Page) {
    this.page = page
  }

  /** Opens a path of the shop. */
  static async open(page: Page, url: string): Promise<ShopPage> {
    await page.addInitScript(() => {
      window.shownLists = {}
      document.addEventListener('rec-list', (event) => {
        const { detail }: CustomEventInit<RecommendReply> = event
        if (detail) window.shownLists[detail.scene] = detail
      })
    })
    await page.goto(url)
    return new ShopPage(page)
  }

  /** A shelf by its heading. */
  shelf(heading: string): Locator {
    return this.page
      .locator('pocket-shelf')
      .filter({ has: this.page.getByRole('heading', { name: heading, exact: true }) })
      .first()
  }

  /** The entries of a shelf that show items. */
  cards(heading: string): Locator {
    return this.shelf(heading).getByRole('listitem')
  }

  /** Categories of the items of the list that a scene shows now. */
  async categories(scene: RecommendReply['scene']): Promise<readonly string[]> {
    return this.page.evaluate((name) => window.shownLists[name]?.items.map(({ card }) => card.category) ?? [], scene)
  }

  async mark(name: string): Promise<number> {
    return this.page.evaluate((mark) => performance.getEntriesByName(`pocketshelf:${mark}`).length, name)
  }

  /** Opens the first items of a department one after the other, as a visitor who looks around there. @returns Their titles. */
  async lookAround(department: string, count: number): Promise<readonly string[]> {
    const { page } = this
    const titles: string[] = []
    for (let place = 0; place < count; place++) {
      await page.getByRole('link', { name: 'Departments', exact: true }).first().click()
      await page.getByRole('main').getByRole('link', { name: department }).click()
      const link = page.getByRole('region', { name: 'Results' }).getByRole('listitem').nth(place).getByRole('link')
      const title = (await link.locator('strong').textContent()) ?? ''
      await link.click()
      await page.getByRole('heading', { level: 1, name: title }).waitFor()
      titles.push(title)
    }
    return titles
  }

  async goHome(): Promise<void> {
    await this.page.getByRole('link', { name: 'Pocketshelf', exact: true }).click()
  }
}
