import { launch } from 'chrome-launcher'
import lighthouse, { desktopConfig } from 'lighthouse'
import { EXECUTABLE, OFFLINE } from '../harness/chromium.ts'

/** Scores of one page, 0…100. */
export type PageScores = {
  readonly page: string
  readonly form: 'phone' | 'desktop'
  readonly performance: number
  readonly accessibility: number
  readonly bestPractices: number
  /** Largest contentful paint of the simulated device, ms. */
  readonly lcpMs: number
  /** What tasks of its main thread take beyond 50 ms each, ms in all. */
  readonly tbtMs: number
  /** Layout shift. */
  readonly cls: number
  /** What cost points: audits below 0.9 by id. */
  readonly lost: readonly string[]
}

/** Asks Lighthouse about one page, in a browser of its own; the phone is its simulated slow one. */
export async function scorePage(url: string, page: string, form: PageScores['form']): Promise<PageScores> {
  const chrome = await launch({ chromePath: EXECUTABLE, chromeFlags: ['--headless=new', '--no-sandbox', OFFLINE] })
  try {
    const options = { port: chrome.port, onlyCategories: ['performance', 'accessibility', 'best-practices'] }
    const result = await lighthouse(url, options, form === 'desktop' ? desktopConfig : undefined)
    if (result === undefined) throw new Error(`lighthouse did not answer for ${page}`)
    const { categories, audits } = result.lhr
    const score = (name: string) => Math.round((categories[name]?.score ?? 0) * 100)
    const low = Object.values(audits).filter(({ score: value, scoreDisplayMode }) => {
      return value !== null && value < 0.9 && /binary|numeric|metricSavings/.test(scoreDisplayMode)
    })
    return {
      page,
      form,
      performance: score('performance'),
      accessibility: score('accessibility'),
      bestPractices: score('best-practices'),
      lcpMs: Math.round(audits['largest-contentful-paint']?.numericValue ?? Number.NaN),
      tbtMs: Math.round(audits['total-blocking-time']?.numericValue ?? Number.NaN),
      cls: Math.round((audits['cumulative-layout-shift']?.numericValue ?? Number.NaN) * 1000) / 1000,
      lost: low.map(({ id }) => id),
    }
  } finally {
    chrome.kill()
  }
}
