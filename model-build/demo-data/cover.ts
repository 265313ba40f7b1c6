import { DEMO_CATEGORIES, type Motif } from './categories.ts'

const WIDTH = 240
const HEIGHT = 320

/** Characters of a title line. */
const LINE_CHARS = 17

/** What a cover is drawn from. */
export type CoverSource = {
  readonly id: string
  readonly title: string
  readonly category: string
  readonly creator?: string
}

/**
 * Draws an item's cover as an SVG of 240 x 320, about 1.5 kB: colour and motif by category, arrangement by id. Same item, same bytes.
 * Texts are escaped; the SVG refers to nothing outside itself.
 */
export function coverSvg(item: CoverSource): string {
  const category = DEMO_CATEGORIES.find((entry) => entry.name === item.category)
  const next = noise(item.id)
  const hue = ((category?.hue ?? noise(item.category)() * 360) + next() * 24 - 12 + 360) % 360
  const color = (shift: number, saturation: number, light: number) =>
    `hsl(${Math.round((hue + shift + 360) % 360)} ${saturation}% ${light}%)`
  const isDark = next() < 0.55
  const paper = isDark ? color(0, 45, 22) : color(0, 55, 90)
  const ink = isDark ? color(30, 80, 92) : color(0, 60, 18)
  const motif = drawMotif(category?.motif ?? 'rings', next, [
    color(25, 65, isDark ? 55 : 62),
    color(-30, 55, isDark ? 42 : 72),
    color(150, 50, 60),
  ])
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeXml(item.title)}">` +
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="${paper}"/>${motif}` +
    `<g fill="${ink}" font-family="Georgia,serif">${titleLines(item.title)}` +
    `<text x="18" y="302" font-size="11" opacity=".8">${escapeXml((item.creator ?? item.category).slice(0, 34))}</text></g></svg>`
  )
}

function titleLines(title: string): string {
  const lines = wrap(title.replace(/ \(.*\)$/, ''))
  const series = / \((.*)\)$/.exec(title)?.[1] ?? ''
  const texts = lines.map(
    (line, k) => `<text x="18" y="${46 + 25 * k}" font-size="22" font-weight="700">${escapeXml(line)}</text>`,
  )
  const sub =
    series === ''
      ? ''
      : `<text x="18" y="${42 + 25 * lines.length}" font-size="12">${escapeXml(series.slice(0, 34))}</text>`
  return texts.join('') + sub
}

function wrap(title: string): string[] {
  const lines: string[] = []
  for (const word of title.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length < LINE_CHARS) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word.slice(0, LINE_CHARS + 3))
  }
  return lines.length > 4 ? [...lines.slice(0, 3), `${lines[3]}…`] : lines
}

type Colors = readonly [string, string, string]
type Noise = () => number

function drawMotif(motif: Motif, next: Noise, colors: Colors): string {
  return MOTIFS[motif](next, colors)
}

const at = (value: number) => Math.round(value)
const repeat = (count: number, draw: (k: number) => string) => Array.from({ length: count }, (_, k) => draw(k)).join('')
const circle = (x: number, y: number, r: number, rest: string) =>
  `<circle cx="${at(x)}" cy="${at(y)}" r="${at(r)}" ${rest}/>`

const MOTIFS: Readonly<Record<Motif, (next: Noise, colors: Colors) => string>> = {
  moon: (next, [a, b]) => circle(150 + next() * 40, 190, 60, `fill="${a}"`) + ridge(next, 250, 26, b),
  waves: (next, [a, b, c]) => ridge(next, 170, 22, b) + ridge(next, 205, 22, a) + ridge(next, 240, 22, c),
  hills: (next, [a, b, c]) =>
    circle(60 + next() * 120, 165, 26, `fill="${c}"`) + ridge(next, 200, 46, b) + ridge(next, 245, 30, a),
  leaves: (next, [a, b]) =>
    repeat(9, (k) => {
      const turn = at(-80 + k * 20 + next() * 14)
      return `<ellipse cx="120" cy="215" rx="9" ry="${at(48 + next() * 30)}" fill="${k % 2 ? a : b}" transform="rotate(${turn} 120 285)"/>`
    }),
  rings: (next, [a, b, c]) => {
    const x = 80 + next() * 80
    return (
      circle(x, 215, 78, `fill="${b}"`) +
      repeat(4, (k) => circle(x, 215, 66 - k * 14, `fill="none" stroke="${a}" stroke-width="2"`)) +
      circle(x, 215, 12, `fill="${c}"`)
    )
  },
  grid: (next, [a, b, c]) =>
    repeat(
      20,
      (k) =>
        `<rect x="${20 + (k % 5) * 41}" y="${140 + Math.floor(k / 5) * 37}" width="36" height="32" rx="4" fill="${[a, b, c][at(next() * 2.4)] ?? a}" opacity="${next() < 0.2 ? 0.2 : 0.9}"/>`,
    ),
  rays: (next, [a, b]) => {
    const x = at(60 + next() * 120)
    return (
      repeat(12, (k) => `<path d="M${x} 290L${at(k * 36 - 90)} 130h18z" fill="${k % 2 ? a : b}" opacity=".7"/>`) +
      circle(x, 290, 34, `fill="${a}"`)
    )
  },
  bars: (next, [a, b, c]) =>
    repeat(
      7,
      (k) =>
        `<rect x="${18 + k * 30}" y="${at(280 - 40 - next() * 90)}" width="22" height="160" fill="${[a, b, c][k % 3] ?? a}"/>`,
    ),
  drops: (next, [a, b, c]) =>
    repeat(14, (k) =>
      circle(20 + next() * 200, 140 + next() * 140, 5 + next() * 18, `fill="${[a, b, c][k % 3] ?? a}" opacity=".8"`),
    ),
  stars: (next, [a, b, c]) =>
    repeat(26, () => circle(next() * 240, 120 + next() * 170, 0.6 + next() * 2, `fill="${a}"`)) +
    circle(60 + next() * 120, 215, 34, `fill="${b}"`) +
    `<ellipse cx="120" cy="215" rx="96" ry="13" fill="none" stroke="${c}" stroke-width="3" transform="rotate(${at(-24 + next() * 20)} 120 215)"/>`,
  city: (next, [a, b, c]) =>
    circle(190, 150, 22, `fill="${c}"`) +
    repeat(8, (k) => {
      const top = at(160 + next() * 80)
      return `<rect x="${k * 31 - 4}" y="${top}" width="29" height="160" fill="${k % 2 ? a : b}"/><rect x="${k * 31 + 5}" y="${top + 12}" width="6" height="8" fill="${c}"/>`
    }),
  knots: (next, [a, b]) =>
    repeat(
      6,
      (k) =>
        `<path d="M0 ${150 + k * 24}q30 ${at(18 + next() * 14)} 60 0t60 0 60 0 60 0" fill="none" stroke="${k % 2 ? a : b}" stroke-width="9" stroke-linecap="round"/>`,
    ),
}

/** A filled wavy line across the cover, down to its foot. */
function ridge(next: Noise, y: number, height: number, fill: string): string {
  const peaks = Array.from({ length: 4 }, () => at(y - height + next() * height * 2))
  return `<path d="M0 ${y}Q30 ${peaks[0]} 60 ${y}T120 ${peaks[1]} 180 ${peaks[2]} 240 ${peaks[3]}V320H0z" fill="${fill}"/>`
}

/** A stream of numbers in [0, 1) that depends on a text (FNV-1a, then xorshift). */
function noise(text: string): Noise {
  let state = 2_166_136_261
  for (const char of text) state = Math.imul(state ^ (char.codePointAt(0) ?? 0), 16_777_619)
  state = state | 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 4_294_967_296
  }
}

function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (char) => `&#${char.charCodeAt(0)};`)
}
