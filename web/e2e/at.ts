/** What specs share: log in as a role in a language, look for what keeps people out. */
import AxeBuilder from '@axe-core/playwright'
import { test as base, expect, type Page } from '@playwright/test'
import { PEOPLE, type Role } from './people'

export type Language = 'zh-CN' | 'en-US'
export const LANGUAGES: Language[] = ['zh-CN', 'en-US']

/** Pages stand under the service's address; what a page complains of in the console fails its test. */
export const test = base.extend<{ complaints: string[] }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what is asked for from this pattern
  baseURL: async ({}, use) => use(process.env.E2E_URL ?? 'http://127.0.0.1:8600'),
  complaints: [
    async ({ page }, use) => {
      const complaints: string[] = []
      page.on('pageerror', (error) => complaints.push(String(error)))
      page.on('console', (message) => {
        // Refusals are answers, not faults of the page.
        const known = /status of 4\d\d/.test(message.text())
        if (message.type() === 'error' && !known) complaints.push(message.text())
      })
      await use(complaints)
      expect(complaints).toEqual([])
    },
    { auto: true },
  ],
})

/** Logs in through the API, as the log-in page does (that page has a spec of its own), and chooses the language. */
export async function logIn(page: Page, role: Role, language: Language = 'zh-CN', scheme = 'light') {
  const { login, password } = PEOPLE[role]
  const answer = await page.request.post('/api/v1/session', { data: { login, password } })
  expect(answer.ok(), await answer.text()).toBeTruthy()
  await page.addInitScript(
    ([language, scheme]) => {
      localStorage.setItem('lingting.language', language!)
      localStorage.setItem('lingting.scheme', scheme!)
    },
    [language, scheme],
  )
}

/** No serious or critical finding of axe on the page as it stands. */
export async function accessible(page: Page) {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'])
    .analyze()
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  const told = serious.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`,
  )
  expect(told).toEqual([])
}

export { expect }
