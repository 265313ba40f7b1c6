import { beforeEach, describe, expect, test, vi } from 'vitest'
import { createTurns } from './turns.ts'

describe('createTurns', () => {
  let paint: (() => void)[] = []
  let drawn: string[] = []

  beforeEach(() => {
    paint = []
    drawn = []
    vi.useFakeTimers()
    vi.stubGlobal('requestAnimationFrame', (callback: () => void) => paint.push(callback))
    return () => {
      vi.useRealTimers()
      vi.unstubAllGlobals()
    }
  })

  /** Lets shelves of these names ask for their turns in one task, and waits for what that task brings. */
  async function ask(...names: readonly string[]): Promise<void> {
    const takeTurn = createTurns()
    for (const name of names) void takeTurn().then(() => drawn.push(name))
    await vi.advanceTimersByTimeAsync(0)
  }

  async function frame(): Promise<void> {
    for (const callback of paint.splice(0)) callback()
    await vi.advanceTimersByTimeAsync(0)
  }

  test('lets the first draw in the task in which it asks', async () => {
    await ask('one')
    expect(drawn).toEqual(['one'])
  })

  test('lets those who ask together draw one in a frame, in their order', async () => {
    await ask('one', 'two', 'three')
    expect(drawn).toEqual(['one'])
    await frame()
    expect(drawn).toEqual(['one', 'two'])
    await frame()
    expect(drawn).toEqual(['one', 'two', 'three'])
  })

  test('goes on after a quarter of a second where the page paints no frames', async () => {
    await ask('one', 'two')
    await vi.advanceTimersByTimeAsync(249)
    expect(drawn).toEqual(['one'])
    await vi.advanceTimersByTimeAsync(1)
    expect(drawn).toEqual(['one', 'two'])
  })
})
