import { expect, test } from 'vitest'
import { callName } from './call-name'

test.each([
  ['zh-H4', 'zh-H4'],
  ['20261123-105600-1408', '20261123-105600-1408'],
  ['01a20655-7768-76e2-872b-001d405f4a18', '…5f4a18'],
])('%s is called %s', (id, name) => {
  expect(callName(id)).toBe(name)
})
