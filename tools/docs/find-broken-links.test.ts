import { expect, test } from 'vitest'
import { findBrokenLinks } from './find-broken-links.ts'

test('links to pages, headings and files that are not there are found', () => {
  const pages = [
    {
      path: 'index.html',
      html: '<a href="a/b.html#x">1</a><a href="a/c.html">2</a><a href="https://other.example/">3</a><a href="data.json">4</a>',
    },
    { path: 'a/b.html', html: '<h2 id="x">X</h2><a href="../index.html">1</a><a href="#y">2</a><img src="gone.png">' },
  ]
  expect(findBrokenLinks(pages, new Set(['data.json']))).toEqual([
    'index.html: a/c.html',
    'a/b.html: #y',
    'a/b.html: gone.png',
  ])
})
