import { expect, test } from 'vitest'
import { axisStep, firstView, following, isWhole, moved, timeAt, whole, xOf, zoomed } from './view'

test('short calls are seen whole, of long ones a part around where one begins', () => {
  expect(firstView(60)).toEqual({ from: 0, to: 60 })
  expect(firstView(7200)).toEqual({ from: 0, to: 300 })
  expect(firstView(7200, 1000)).toEqual({ from: 925, to: 1225 })
  expect(firstView(7200, 7199)).toEqual({ from: 6900, to: 7200 })
})

test('zooming keeps what is pointed at, and never leaves the call', () => {
  const near = zoomed(whole(100), 2, 25, 100)
  expect(near).toEqual({ from: 12.5, to: 62.5 })
  expect(xOf(near, 100, 25)).toBe(25)
  expect(zoomed(near, 0.1, 25, 100)).toEqual({ from: 0, to: 100 })
  expect(zoomed(whole(100), 1000, 100, 100)).toEqual({ from: 98, to: 100 })
  expect(isWhole(whole(100), 100)).toBe(true)
  expect(isWhole(near, 100)).toBe(false)
})

test.each([
  [-50, 0],
  [10, 30],
  [1000, 90],
])('moving by %d begins at %d', (by, from) => {
  expect(moved({ from: 20, to: 30 }, by, 100).from).toBe(from)
})

test('the page turns only when the head leaves it', () => {
  const view = { from: 20, to: 30 }
  expect(following(view, 25, 100)).toBe(view)
  expect(following(view, 31, 100)).toEqual({ from: 30, to: 40 })
  expect(following(view, 5, 100)).toEqual({ from: 4, to: 14 })
})

test('pixels and seconds are one another', () => {
  const view = { from: 10, to: 20 }
  expect(timeAt(view, 500, xOf(view, 500, 13))).toBeCloseTo(13)
})

test.each([
  [10, 1000, 1],
  [60, 1000, 5],
  [7200, 1000, 600],
])('%d s in %d px have a figure every %d s', (span, width, step) => {
  expect(axisStep({ from: 0, to: span }, width)).toBe(step)
})

test('a chat of no length has a view all the same', () => {
  expect(whole(0)).toEqual({ from: 0, to: 2 })
  expect(zoomed(whole(0), 2, 0, 0)).toEqual({ from: 0, to: 2 })
})
