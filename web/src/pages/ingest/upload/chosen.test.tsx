import { fireEvent, render, screen } from '@testing-library/react'
import { expect, test, vi } from 'vitest'
import { LocaleProvider } from '@/i18n'
import { Chosen } from './chosen'
import { pairUp } from './pairing'

const shown = (files: File[], language: 'zh-CN' | 'en-US' = 'zh-CN') => {
  const onDecide = vi.fn()
  const nothing = () => {}
  render(
    <LocaleProvider initial={language}>
      <Chosen
        sorted={pairUp(files)}
        onDecide={onDecide}
        onRemove={nothing}
        onClear={nothing}
        onSend={nothing}
      >
        {null}
      </Chosen>
    </LocaleProvider>,
  )
  return onDecide
}

test('of sets of the same names the one that was pointed at is joined', () => {
  const day = (nth: number) =>
    ['7-in.wav', '7-out.wav'].map((name) => new File(['x'], name, { lastModified: (nth + 0.5) * 86_400_000 }))
  const onDecide = shown([...day(1), ...day(2), ...day(3)])
  const buttons = screen.getAllByLabelText('合为一通: 7-in.wav + 7-out.wav')
  expect(buttons).toHaveLength(3)
  fireEvent.click(buttons[2]!)
  const [files, one] = onDecide.mock.lastCall ?? []
  expect(one).toBe(true)
  expect(files.map(({ lastModified }: File) => lastModified)).toEqual([3.5 * 86_400_000, 3.5 * 86_400_000])
  // And the person can tell which is which.
  expect(screen.getByText(/^1970\/01\/04/)).toBeTruthy()
})

test.each([
  ['zh-CN', /7-in\.wav: .*合计.*2 GiB/],
  ['en-US', /7-in\.wav: both files of a call together may have 2 GiB/],
] as const)('two files that are too large in sum say so: %s', (language, text) => {
  const files = ['7-in.wav', '7-out.wav'].map((name) =>
    Object.defineProperty(new File(['x'], name), 'size', { value: 1.2 * 1024 ** 3 }),
  )
  shown(files, language)
  expect(screen.getByText(text)).toBeTruthy()
})
